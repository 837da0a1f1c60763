import { brandErrorClass, LockstepError } from "@lockstep/protocol";

/**
 * A store could not do what it was asked: the disk is full, the file belongs to another coordinator, it is closed.
 *
 * The message is a full sentence for whoever runs the coordinator, with the way out; `cause` is what the driver or
 * the operating system said. It may name files, so callers hear of it only as `StoreUnavailable`. After a failed
 * `write` nobody knows whether the flush is durable.
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
