import { brandErrorClass, type Code, LockstepError, type LockstepErrorOptions } from "@lockstep/protocol";

/**
 * It was decided to roll the global transaction back. Compensations may still be running: `query` tells.
 *
 * `reason` is the coordinator's text. Where a branch refused, it names the branch's URL and quotes its answer.
 */
export class TransactionFailedError extends LockstepError {
  /** The name of the class. */
  override readonly name = "TransactionFailedError";
  /** The gid of the transaction. */
  declare readonly gid: string;
  /** Why the transaction is rolled back, in the coordinator's words. */
  declare readonly reason: string;

  static {
    brandErrorClass(TransactionFailedError, "TransactionFailedError");
  }

  /** Makes the error about `gid`. */
  constructor(gid: string, reason: string, options: Pick<LockstepErrorOptions, "status" | "cause"> = {}) {
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

  static {
    brandErrorClass(TransactionOngoingError, "TransactionOngoingError");
  }

  /** Makes the error about `gid`. */
  constructor(gid: string, options: Pick<LockstepErrorOptions, "status" | "cause"> = {}) {
    super(
      "ongoing",
      `The transaction ${gid} was accepted and is still running; it needs nothing more from you. Query the gid for its result.`,
      { ...options, gid },
    );
  }
}

/**
 * The error that a caller gets for `error`: of the class that its code stands for, and about `gid`. An error that is
 * of such a class already, and one that is not ours, stays as it is.
 */
export function aboutTransaction(error: unknown, gid: string): unknown {
  if (!(error instanceof LockstepError) || error.name !== "LockstepError") return error;
  if (error.gid !== undefined && error.code !== "failed" && error.code !== "ongoing") return error;
  const { code, message, reason, status } = error;
  return transactionErrorOf(code, message, {
    gid,
    cause: error,
    ...(reason === undefined ? {} : { reason }),
    ...(status === undefined ? {} : { status }),
  });
}

/** The error that a caller gets for a coordinator's answer about `gid`; `gid` is empty where the call was about none. */
export function transactionErrorOf(
  code: Code,
  message: string,
  options: LockstepErrorOptions & { readonly gid: string },
): LockstepError {
  if (code === "failed") return new TransactionFailedError(options.gid, options.reason ?? message, options);
  if (code === "ongoing") return new TransactionOngoingError(options.gid, options);
  if (options.gid !== "") return new LockstepError(code, message, options);
  const { gid: _, ...about } = options;
  return new LockstepError(code, message, about);
}
