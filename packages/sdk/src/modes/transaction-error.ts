import { type Code, LockstepError, type LockstepErrorOptions } from "@lockstep/protocol";

/**
 * It was decided to roll the global transaction back. Compensations may still be running: `query` tells.
 *
 * `reason` is the coordinator's text. Where a branch refused it names the branch's URL and quotes its answer.
 */
export class TransactionFailedError extends LockstepError {
  override readonly name = "TransactionFailedError";
  declare readonly gid: string;
  declare readonly reason: string;

  constructor(
    gid: string,
    reason: string,
    options: { readonly status?: string; readonly cause?: unknown } = {},
  ) {
    super("failed", `The transaction ${gid} is rolled back: ${reason}`, { ...options, gid, reason });
  }
}

/** The global transaction was accepted and had no result when the wait ended. It goes on: `query` tells. */
export class TransactionOngoingError extends LockstepError {
  override readonly name = "TransactionOngoingError";
  declare readonly gid: string;

  constructor(gid: string, options: { readonly status?: string; readonly cause?: unknown } = {}) {
    super(
      "ongoing",
      `The transaction ${gid} was accepted and is still running; it needs nothing more from you. Query the gid for its result.`,
      { ...options, gid },
    );
  }
}

/** The same error, about `gid` and told by its class; what is that already, or no error of ours, as it is. */
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

/** The error a caller catches for what a coordinator answered about `gid`, which is empty where it was about none. */
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
