import type { Code } from "./codes.ts";
import { brandErrorClass } from "./error-brand.ts";

/** What a `LockstepError` knows beside its code and its sentence. Default of each: not known. */
export interface LockstepErrorOptions {
  /** The error that led to this one. It is for logs, and is never sent to a caller. */
  readonly cause?: unknown;
  /** The gid of the global transaction that the error is about. */
  readonly gid?: string;
  /** The status of that transaction. */
  readonly status?: string;
  /** Why the transaction is rolled back; for code `failed`. */
  readonly reason?: string;
}

/**
 * The error of every Lockstep package: a code from a closed set, and a sentence for people.
 *
 * `instanceof` knows it, and its subclasses here, across copies of a package in one process.
 */
export class LockstepError extends Error {
  /** The name of the class. */
  override readonly name: string = "LockstepError";
  /** What kind of refusal it is: decide by this, and never by the message. `CODES` explains each. */
  readonly code: Code;
  /** The gid of the global transaction that the error is about; undefined where it is about none. */
  readonly gid: string | undefined;
  /** The status of that transaction; undefined where it is not known. */
  readonly status: string | undefined;
  /** Why the transaction is rolled back; undefined for every code but `failed`. */
  readonly reason: string | undefined;

  static {
    brandErrorClass(LockstepError, "LockstepError");
  }

  /** Makes an error. `message` is the sentence alone: it goes over the wire as it is, and `code` goes beside it. */
  constructor(code: Code, message: string, options: LockstepErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.gid = options.gid;
    this.status = options.status;
    this.reason = options.reason;
  }
}
