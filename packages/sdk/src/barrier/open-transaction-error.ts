import { LockstepError } from "@lockstep/protocol";
import type { BranchContext } from "../branch/branch-context.ts";

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
export function endedWithin(): LockstepError {
  return new LockstepError(
    "invalid_argument",
    `The barrier's transaction was ended within its business, by a commit or a rollback, or by a statement that commits implicitly. ${WAY_OUT}`,
  );
}

/** A statement of the business would have ended the transaction; it was not sent. */
export function endingRefused(statement: string): LockstepError {
  return new LockstepError(
    "invalid_argument",
    `The business of a barrier would have ended the barrier's transaction by "${statement}", which was not sent. ${WAY_OUT}`,
  );
}

/** The same op was called before, and its business ended the transaction: a part of it is committed, or all. */
export function endedBefore({ gid, branchId, op }: BranchContext): LockstepError {
  return new LockstepError(
    "invalid_argument",
    `An earlier call of ${gid} ${branchId} ${op}, or of the op that it undoes, ended the barrier's transaction within its business, so a part of it may have taken effect. Set the data right by hand, and then the column reason of the barrier's row to its op.`,
    { gid },
  );
}

/** The business gave its connection back while the barrier's transaction was open on it. */
export function releasedWithin(): LockstepError {
  return new LockstepError(
    "invalid_argument",
    "The business of a barrier gave its connection back, which the barrier does itself after the commit; leave release() out.",
  );
}

/** The callback has ended, and so the transaction has, or will in a moment. */
export function sentAfterwards(): LockstepError {
  return new LockstepError(
    "invalid_argument",
    "A statement was sent on a barrier's connection after the callback had ended, and was refused; await each statement within the callback.",
  );
}

const WAY_OUT =
  "Let the barrier commit and roll back: return to commit, throw to roll back, and define tables beforehand.";

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
