/**
 * The model of a global transaction: what was asked for (`Definition`) and how far it has come (`Progress`).
 *
 * Plain, immutable data. Nothing here reads a clock, makes a call or imports anything.
 */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** The id of a global transaction: never empty, at most as long as the wire allows, unique in its store. */
export type Gid = Brand<string, "Gid">;

/** An instant, in milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = Brand<number, "EpochMs">;

/** The modes of a global transaction that this version drives. */
export type TransType = "saga";

/** How branches without an `http(s)://` URL are called. */
export type BranchProtocol = "http" | "grpc" | "json-rpc";

export type Status = "prepared" | "submitted" | "aborting" | "succeed" | "failed";

/** An operation of a saga's branch. */
export type SagaOp = "action" | "compensate";

/** What one call of a branch came to. Unknown is not failure (I5): it means "ask again". */
export type BranchOutcome =
  | { readonly kind: "success" }
  | { readonly kind: "failure"; readonly reason: string }
  | { readonly kind: "ongoing" }
  | { readonly kind: "unknown"; readonly cause: string };

/** One step of a saga, which is one branch with two ops. An empty URL succeeds without a call. */
export interface Step {
  readonly action: string;
  readonly compensate: string;
  /** Sent as it is to both ops. */
  readonly payload: Uint8Array;
}

/** What a caller may set for one global transaction; 0 means "the server's default". */
export interface TransactionOptions {
  /** Roll back when not finished this long after submit. 0: never. */
  readonly timeoutToFailMs: number;
  /** How long one branch call may take. */
  readonly requestTimeoutMs: number;
  /** The first delay before an op is asked again, and the interval at which ONGOING is polled. */
  readonly retryIntervalMs: number;
  /** Roll back after this many action calls of the transaction without a definite answer. 0: no such limit. */
  readonly retryLimit: number;
  /** Added to every branch call as HTTP headers or gRPC metadata. */
  readonly branchHeaders: Readonly<Record<string, string>>;
  /** Remembered because it is shown; the waiting itself belongs to the request. */
  readonly waitResult: boolean;
}

/** What was asked for. Written once; only options and custom data may change, and only until submit. */
export interface Definition {
  readonly gid: Gid;
  readonly transType: TransType;
  readonly protocol: BranchProtocol;
  readonly steps: readonly Step[];
  /** Actions run as soon as `orders` allows, not one after the other. */
  readonly concurrent: boolean;
  /** `orders[step]` lists the steps (from 0) whose actions must have succeeded before that step's starts. */
  readonly orders: Readonly<Record<number, readonly number[]>>;
  readonly options: TransactionOptions;
  /** The caller's text, kept because it is shown. */
  readonly customData: string;
  readonly createdAt: EpochMs;
}

/** One call of an op that has ended, kept for people. */
export interface Attempt {
  readonly at: EpochMs;
  readonly durationMs: number;
  readonly outcome: BranchOutcome["kind"];
  /** The branch's reason or the error, cut to `ATTEMPT_DETAIL_CHARACTERS_MAX`; empty on success. */
  readonly detail: string;
}

/** How far one op of one branch has come. */
export interface OpProgress {
  readonly status: "prepared" | "succeed" | "failed";
  /** A call is out. Cleared when another coordinator takes over: that call's answer will not reach it. */
  readonly inFlight: boolean;
  /** The op was called, or may have been called by a coordinator that died before it could say so. */
  readonly mayHaveRun: boolean;
  /** Calls made so far. */
  readonly attemptCount: number;
  /** Calls in a row that ended unknown; ONGOING or a definite answer starts it anew. */
  readonly unknownCount: number;
  /** The last calls, oldest first, at most `ATTEMPTS_KEPT_MAX`. */
  readonly attempts: readonly Attempt[];
  /** Not to be called before; null when never asked to wait. */
  readonly retryAt: EpochMs | null;
  /** When the status last changed; null while it never did. */
  readonly finishedAt: EpochMs | null;
}

/** How far one step has come. */
export interface StepProgress {
  readonly action: OpProgress;
  readonly compensate: OpProgress;
}

/** How far a transaction has come: the small part, rewritten with every change. */
export interface Progress {
  readonly status: Status;
  /** As long as `Definition.steps`, in the same order. */
  readonly steps: readonly StepProgress[];
  readonly submittedAt: EpochMs | null;
  readonly updatedAt: EpochMs;
  /** When it became `succeed` or `failed`. */
  readonly finishedAt: EpochMs | null;
  /** When somebody must look at it next; null when nobody needs to (prepared, parked, final). */
  readonly nextRunAt: EpochMs | null;
  /** Set when the retry budget is used up: the status stays, and a person decides. */
  readonly parkedAt: EpochMs | null;
  readonly parkedReason: string;
  /** Why it was rolled back; dtm's `rollback_reason`. Empty while it is not. */
  readonly reason: string;
  /** Action calls that ended without a definite answer; counted against `retryLimit`. */
  readonly retryCount: number;
  /** Who ended it by force, and why; null when nobody did. */
  readonly forcedBy: { readonly actor: string; readonly reason: string; readonly at: EpochMs } | null;
}

/** A global transaction as it stands. */
export interface Transaction {
  readonly definition: Definition;
  readonly progress: Progress;
}

/** A status that never changes again and asks for nothing (I3). */
export function isFinal(status: Status): boolean {
  return status === "succeed" || status === "failed";
}

/** The branch id of a step counted from 0: `01`, `02`, … `99`, `100`. */
export function branchIdOf(step: number): string {
  return String(step + 1).padStart(2, "0");
}
