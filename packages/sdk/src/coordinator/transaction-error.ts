import {
  brandErrorClass,
  type Code,
  type LastAttempt,
  LockstepError,
  type LockstepErrorOptions,
  type Refusal,
  refusalOfReason,
  shownReason,
} from "@lockstep/protocol";

/**
 * It was decided to roll the global transaction back. Compensations may still be running: `query` tells.
 *
 * Where a branch refused, `refusal` says which one, and in which words: decide by `refusal.code`, and show people
 * `refusal.message`. `reason` is the coordinator's text, for operators.
 */
export class TransactionFailedError extends LockstepError {
  /** The name of the class. */
  override readonly name = "TransactionFailedError";
  /** The gid of the transaction. */
  declare readonly gid: string;
  /** Why the transaction is rolled back, in the coordinator's words. */
  declare readonly reason: string;
  /** The branch's refusal; undefined where no branch refused, as after a time limit. */
  declare readonly refusal: Refusal | undefined;

  static {
    brandErrorClass(TransactionFailedError, "TransactionFailedError");
  }

  /** Makes the error about `gid`. */
  constructor(
    gid: string,
    reason: string,
    options: Pick<LockstepErrorOptions, "status" | "refusal" | "cause"> = {},
  ) {
    super("failed", `The transaction ${gid} is rolled back: ${reason}`, { ...options, gid, reason });
  }
}

/**
 * The coordinator accepted the global transaction, and it had no result when the wait ended. It goes on by itself:
 * `query` tells its result.
 */
export class TransactionOngoingError extends LockstepError {
  /** The name of the class. */
  override readonly name = "TransactionOngoingError";
  /** The gid of the transaction. */
  declare readonly gid: string;
  /** The last call of a branch that has ended; undefined where none has, or where the coordinator does not tell. */
  declare readonly lastAttempt: LastAttempt | undefined;

  static {
    brandErrorClass(TransactionOngoingError, "TransactionOngoingError");
  }

  /** Makes the error about `gid`. */
  constructor(gid: string, options: Pick<LockstepErrorOptions, "status" | "lastAttempt" | "cause"> = {}) {
    super(
      "ongoing",
      `The transaction ${gid} was accepted and is still running; it needs nothing more from you. Query the gid for its result.${sentenceOf(options.lastAttempt)}`,
      { ...options, gid },
    );
  }
}

function sentenceOf(attempt: LastAttempt | undefined): string {
  if (attempt === undefined) return "";
  const { branchId, op, url, outcome, detail } = attempt;
  return ` Its last call, ${op} of branch ${branchId} at ${url}, was ${outcome}${detail === "" ? "" : `: ${detail}`}`;
}

/**
 * The error that a caller gets for `error`: of the class that its code stands for, and about `gid`. An error that is
 * of such a class already, and one that is not ours, stays as it is.
 */
export function aboutTransaction(error: unknown, gid: string): unknown {
  if (!(error instanceof LockstepError) || error.name !== "LockstepError") return error;
  if (error.gid !== undefined && error.code !== "failed" && error.code !== "ongoing") return error;
  const { code, message, reason, status, refusal, lastAttempt } = error;
  return transactionErrorOf(code, message, {
    gid,
    cause: error,
    ...(reason === undefined ? {} : { reason }),
    ...(status === undefined ? {} : { status }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(lastAttempt === undefined ? {} : { lastAttempt }),
  });
}

/** The error that a caller gets for a coordinator's answer about `gid`; `gid` is empty where the call was about none. */
export function transactionErrorOf(
  code: Code,
  message: string,
  options: LockstepErrorOptions & { readonly gid: string },
): LockstepError {
  if (code === "failed") return failedErrorOf(options.gid, options.reason ?? message, options);
  if (code === "ongoing") return new TransactionOngoingError(options.gid, options);
  if (options.gid !== "") return new LockstepError(code, message, options);
  const { gid: _, ...about } = options;
  return new LockstepError(code, message, about);
}

/** The error of a transaction that is rolled back for `reason`, in which dtm shows the whole URL with its query. */
function failedErrorOf(gid: string, reason: string, options: LockstepErrorOptions): TransactionFailedError {
  const said = refusalOfReason(reason);
  const refusal = options.refusal ?? (said === undefined ? undefined : { branchId: "", op: "", ...said });
  return new TransactionFailedError(gid, shownReason(reason), {
    ...options,
    ...(refusal === undefined ? {} : { refusal }),
  });
}
