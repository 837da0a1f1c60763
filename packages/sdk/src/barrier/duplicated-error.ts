import { brandErrorClass, LockstepError } from "@lockstep/protocol";

/**
 * The message's own part has run already, or the check-back has found that it never will; nothing was done now.
 * Thrown for op `msg` only: every other op answers success when it comes twice.
 */
export class DuplicatedError extends LockstepError {
  /** The name of the class. */
  override readonly name = "DuplicatedError";

  static {
    brandErrorClass(DuplicatedError, "DuplicatedError");
  }

  /** Makes the error about the message `gid`. */
  constructor(gid: string) {
    super(
      "wrong_status",
      `DUPLICATED: the local part of the message ${gid} has run already, or was given up by the check-back.`,
      { gid },
    );
  }
}
