/**
 * The model of a global transaction: what was asked for (`Definition`), its participants (`Branch`) and how far it
 * has come (`Progress`). The words of the field that this package stores and compares are defined here.
 *
 * Plain, immutable data. Nothing here reads a clock, makes a call or imports anything.
 */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** The id of a global transaction: never empty, at most as long as the wire allows, unique in its store. */
export type Gid = Brand<string, "Gid">;

/** An instant, in milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = Brand<number, "EpochMs">;

/** The name of a mode: a key of `MODES` (modes.ts). */
export type TransType = string;

/** How branches without an `http(s)://` URL are called. */
export const PROTOCOLS = ["http", "grpc", "json-rpc"] as const;
export type BranchProtocol = (typeof PROTOCOLS)[number];

/** Where a global transaction stands; the last two are final. */
export const STATUSES = ["prepared", "submitted", "aborting", "succeed", "failed"] as const;
export type Status = (typeof STATUSES)[number];

/** Where one op of one branch stands. */
export const OP_STATUSES = ["prepared", "succeed", "failed"] as const;
export type OpStatus = (typeof OP_STATUSES)[number];

/**
 * The name of an operation that can be called on a branch, as it goes over the wire. Each mode has its own
 * (protocol 0.2), and a workflow's callback is named after the workflow; so this is any text.
 */
export type Op = string;

/** The four things that a call of a branch can come to. */
export const OUTCOMES = ["success", "failure", "ongoing", "unknown"] as const;

/** What one call of a branch came to. Unknown is not failure (I5): it means "ask again". */
export type BranchOutcome =
  | { readonly kind: "success" }
  | {
      readonly kind: "failure";
      readonly reason: string;
      /** The code and the data that the branch told beside its text, as JSON; absent where it told none. */
      readonly failureJson?: string;
    }
  | { readonly kind: "ongoing" }
  | { readonly kind: "unknown"; readonly cause: string; readonly trait?: UnknownTrait };

/**
 * What is known of a call without a definite answer:
 *
 * - `lasting`: the branch answered, and would answer the same each time in a way that cannot be read.
 * - `noAnswer`: nobody answered who could have done the work: no connection, no answer in time, or a proxy said so.
 */
export type UnknownTrait = "lasting" | "noAnswer";

/**
 * One participant of a global transaction. Some modes know their branches when the transaction is created; others
 * register them later. The caller's own check-back or workflow callback is a branch too, with the id `00`.
 */
export interface Branch {
  /** `01`, `02`, …; nested ones `0201`. Unique together with each op. */
  readonly id: string;
  /** Where each op is called, in the order in which people see the ops. An empty URL succeeds without a call. */
  readonly urls: Readonly<Record<Op, string>>;
  /** Sent as it is with every op. */
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
  /** Roll back after more than this many forward calls without a definite answer. 0: no such limit. */
  readonly retryLimit: number;
  /** Added to every branch call as HTTP headers or gRPC metadata. */
  readonly branchHeaders: Readonly<Record<string, string>>;
  /** Stored only to be shown to people; the request itself does the waiting. */
  readonly waitResult: boolean;
}

/** What only one mode knows about a transaction: plain JSON, read and checked by that mode alone. */
export type ModeSettings = Readonly<Record<string, unknown>>;

/**
 * What was asked for, without the branches. Written when the transaction is created. The submit of a prepared
 * transaction writes it once more, with the options, custom data, `concurrent` and settings of that submit.
 */
export interface Definition {
  readonly gid: Gid;
  readonly transType: TransType;
  readonly protocol: BranchProtocol;
  /** Branches are called as soon as their mode allows, not one after the other. */
  readonly concurrent: boolean;
  readonly settings: ModeSettings;
  readonly options: TransactionOptions;
  /** The caller's text, kept because it is shown. */
  readonly customData: string;
  /** What the caller says came of the transaction, kept because it is shown; absent where no caller has said it. */
  readonly result?: string;
  readonly createdAt: EpochMs;
}

/** What a request asks for: a definition, and the branches that are known with it. */
export interface Asked {
  readonly definition: Definition;
  readonly branches: readonly Branch[];
}

/** One call of an op that has ended, kept for people. */
export interface Attempt {
  readonly at: EpochMs;
  readonly durationMs: number;
  readonly outcome: BranchOutcome["kind"];
  /** The branch's reason or the error, cut to `ATTEMPT_DETAIL_CHARACTERS_MAX`; empty on success. */
  readonly detail: string;
}

/** What a person did to a transaction: who it was, why, and when. */
export interface Intervention {
  /** The door and the caller's address, as `http 10.0.0.7`. */
  readonly actor: string;
  readonly reason: string;
  readonly at: EpochMs;
}

/** How far one op of one branch has come. */
export interface OpProgress {
  readonly status: OpStatus;
  /** A call is out. Cleared when another coordinator takes over, which will not hear the answer to that call. */
  readonly inFlight: boolean;
  /** The op was called, or may have been called by a coordinator that died before it could say so. */
  readonly mayHaveRun: boolean;
  /** Calls made so far. */
  readonly attemptCount: number;
  /** Calls in a row that ended unknown; ONGOING or a definite answer sets the count to 0. */
  readonly unknownCount: number;
  /** The last calls, oldest first, at most `ATTEMPTS_KEPT_MAX`. */
  readonly attempts: readonly Attempt[];
  /** The op is not called before this instant; null when nothing delays it. */
  readonly retryAt: EpochMs | null;
  /** When the status last changed; null while it never did. */
  readonly finishedAt: EpochMs | null;
  /** The person who said what the op came to; absent when a branch answered it, or nobody has. */
  readonly takenBy?: Intervention;
}

/** How far the ops of one branch have come. An op that nothing has happened to is left out. */
export type BranchProgress = Readonly<Record<Op, OpProgress>>;

/** How far a transaction has come. Every change rewrites it; definition and branches are stored apart from it. */
export interface Progress {
  readonly status: Status;
  /** As long as `Transaction.branches`, in the same order. */
  readonly branches: readonly BranchProgress[];
  /** When it was prepared; null where it was submitted at once. */
  readonly preparedAt: EpochMs | null;
  readonly submittedAt: EpochMs | null;
  readonly updatedAt: EpochMs;
  /** When it became `succeed` or `failed`. */
  readonly finishedAt: EpochMs | null;
  /** When a coordinator must look at it next; null when none needs to: prepared, final, parked without a time limit. */
  readonly nextRunAt: EpochMs | null;
  /** Set when the retry budget is used up: the status stays, and a person decides. */
  readonly parkedAt: EpochMs | null;
  readonly parkedReason: string;
  /** Why it was rolled back; dtm's `rollback_reason`. Empty while it is not. */
  readonly reason: string;
  /** The FAILURE that gave the reason; absent where none did. */
  readonly refusedBy?: RefusedBy;
  /** Calls that ended without a definite answer and count against `retryLimit`; which do, the mode says. */
  readonly retryCount: number;
  /** Who ended it by force, and why; null when nobody did. */
  readonly forcedBy: Intervention | null;
  /** Who had it rolled back, and why; null when no person did. */
  readonly rolledBackBy: Intervention | null;
}

/** Which op's FAILURE rolls a transaction back. The branch's answer is in the reason. */
export interface RefusedBy {
  readonly branchId: string;
  readonly op: Op;
  /** As in the outcome; absent where the branch told none. */
  readonly failureJson?: string;
}

/** A global transaction as it stands. */
export interface Transaction extends Asked {
  readonly progress: Progress;
}

/** A status that never changes again and asks for nothing (I3). */
export function isFinal(status: Status): boolean {
  return status === "succeed" || status === "failed";
}

/** The id of a branch that is known at the start, counted from 0: `01`, `02`, … `99`, `100`. */
export function branchIdOf(index: number): string {
  return String(index + 1).padStart(2, "0");
}
