import type { Code } from "./codes.ts";

export interface LockstepErrorOptions {
  readonly cause?: unknown;
  /** The global transaction it is about, where there is one. */
  readonly gid?: string;
  /** The transaction's status, where it is known. */
  readonly status?: string;
  /** Why the transaction was rolled back, for code `failed`. */
  readonly reason?: string;
}

/** The one error that crosses package boundaries: a code from a closed set and a sentence for people. */
export class LockstepError extends Error {
  override readonly name: string = "LockstepError";
  readonly code: Code;
  readonly gid: string | undefined;
  readonly status: string | undefined;
  readonly reason: string | undefined;

  /** `message` is the sentence alone: it goes over the wire as it is, `code` beside it. */
  constructor(code: Code, message: string, options: LockstepErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.gid = options.gid;
    this.status = options.status;
    this.reason = options.reason;
  }
}
