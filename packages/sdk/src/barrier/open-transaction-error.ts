import { LockstepError } from "@lockstep/protocol";

/** The caller's own transaction is open where the barrier is to start one: it would be committed, or joined. */
export function alreadyOpen(): LockstepError {
  return new LockstepError(
    "invalid_argument",
    "A transaction is open on this connection already; use barrier.callInTransaction() within it.",
  );
}

/** Somebody gave a connection back to its pool in the middle of a transaction, whose end is not the barrier's to decide. */
export function leftOpen(): LockstepError {
  return new LockstepError(
    "invalid_argument",
    "The pool lent a connection with a transaction that somebody left open, and the connection was closed; commit or roll back before release().",
  );
}

/**
 * Without a transaction the barrier's row would stay whatever becomes of the business, and a second try do nothing.
 * `rowStays` is why the row could not be taken out again.
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

/** Statements of the business, or its caller's, ended the transaction that holds the barrier's row. */
export function endedWithin(): Error {
  return new Error(
    "The barrier's transaction was ended within its business, by a commit or a rollback, or by a statement that commits implicitly.",
  );
}

/** A statement failed, PostgreSQL will not commit any more, and the business went on. */
export function failedWithin(): Error {
  return new Error(
    "PostgreSQL rolled the barrier's transaction back, because a statement in it had failed and the error was caught; let it pass, or use a savepoint.",
  );
}

/** A statement failed, MySQL has rolled back, or may have, and the business went on. */
export function rolledBackWithin(cause: Error): Error {
  return new Error(
    "A statement met a deadlock or a lock wait timeout, with which MySQL rolls the barrier's transaction back, and the error was caught; let it pass.",
    { cause },
  );
}
