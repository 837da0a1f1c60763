import { LockstepError } from "@lockstep/protocol";

/** The barrier is to begin a transaction where the caller has one open, which would be committed, or joined. */
export function alreadyOpen(): LockstepError {
  return new LockstepError(
    "invalid_argument",
    "A transaction is open on this connection already; use barrier.callInTransaction() within it.",
  );
}

/** Somebody gave a connection back to its pool in the middle of a transaction. The barrier must not decide how that ends. */
export function leftOpen(): LockstepError {
  return new LockstepError(
    "invalid_argument",
    "The pool lent a connection with a transaction that somebody left open, and the connection was closed; commit or roll back before release().",
  );
}

/**
 * No transaction is open, so the barrier's row would stay whatever becomes of the business, and a second try would do
 * nothing. `rowStays` is why the row could not be deleted again; undefined when it was.
 */
export function noneOpen(rowStays?: { readonly cause: unknown }): LockstepError {
  const stays =
    rowStays === undefined ? "" : " The barrier's row could not be deleted again; do that by hand.";
  return new LockstepError(
    "invalid_argument",
    `callInTransaction() found no open transaction on this connection; begin one and await that, or use barrier.call().${stays}`,
    rowStays,
  );
}

/** A statement of the business, or of its caller, ended the transaction that has the barrier's row. */
export function endedWithin(): Error {
  return new Error(
    "The barrier's transaction was ended within its business, by a commit or a rollback, or by a statement that commits implicitly.",
  );
}

/** A statement failed and the business went on, in a transaction that PostgreSQL will not commit. */
export function failedWithin(): Error {
  return new Error(
    "PostgreSQL rolled the barrier's transaction back, because a statement in it had failed and the error was caught; let it pass, or use a savepoint.",
  );
}

/** A statement failed and the business went on, although MySQL has rolled the transaction back, or may have. */
export function rolledBackWithin(cause: Error): Error {
  return new Error(
    "A statement met a deadlock or a lock wait timeout, with which MySQL rolls the barrier's transaction back, and the error was caught; let it pass.",
    { cause },
  );
}
