import type { Code } from "./codes.ts";
import { brandErrorClass } from "./error-brand.ts";
import type { Refusal } from "./refusal.ts";

/** The last call of a branch that has ended: what a transaction that still runs is waiting for. */
export interface LastAttempt {
  /** The branch: `01`, `02`, … */
  readonly branchId: string;
  /** The op that was called: `action`, `compensate`, … */
  readonly op: string;
  /** The URL that was called, without its query. */
  readonly url: string;
  /** How often the op was called so far. */
  readonly attemptCount: number;
  /** When the call began, as RFC 3339 text. */
  readonly at: string;
  /** What the call came to: `success`, `failure`, `ongoing` or `unknown`. */
  readonly outcome: string;
  /** What was seen, for people; empty on success. */
  readonly detail: string;
  /** When the coordinator looks at the transaction again, as RFC 3339 text; absent where nothing is planned. */
  readonly nextAt?: string;
}

/** What a `LockstepError` knows beside its code and its sentence. Default of each: not known. */
export interface LockstepErrorOptions {
  /** The error that led to this one. It is for logs, and is never sent to a caller. */
  readonly cause?: unknown;
  /** The gid of the global transaction that the error is about. */
  readonly gid?: string;
  /** The status of that transaction. */
  readonly status?: string;
  /** Why the transaction is rolled back, where it is. */
  readonly reason?: string;
  /** The answer of the branch that refused, where one did. */
  readonly refusal?: Refusal;
  /** The last call of a branch, for code `ongoing`. */
  readonly lastAttempt?: LastAttempt;
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
  /** Why the transaction is rolled back; undefined where it is not, or where that is not known. */
  readonly reason: string | undefined;
  /** The answer of the branch that refused; undefined where no branch did, or where that is not known. */
  readonly refusal: Refusal | undefined;
  /** The last call of a branch; undefined for every code but `ongoing`, and before the first call has ended. */
  readonly lastAttempt: LastAttempt | undefined;

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
    this.refusal = options.refusal;
    this.lastAttempt = options.lastAttempt;
  }
}
