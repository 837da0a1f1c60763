import { brandErrorClass, LockstepError } from "@lockstep/protocol";

/**
 * A store could not do its work: the disk is full, another coordinator has the file open, or the store is closed.
 *
 * The message is a full sentence that tells whoever runs the coordinator what to do; `cause` is the error of the driver
 * or the operating system. The message may name files, so callers get only `StoreUnavailable`. After a failed `write`
 * nobody knows whether the flush is durable.
 */
export class StoreFailure extends LockstepError {
  override readonly name = "StoreFailure";

  static {
    brandErrorClass(StoreFailure, "StoreFailure");
  }

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super("unavailable", message, options);
  }
}
