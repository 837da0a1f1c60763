/** What `decide` is told and what it answers, the same for every mode. */
import type { Asked, Branch, BranchOutcome, EpochMs, Op, OpStatus, Transaction, TransType } from "./model.ts";
import type { OpPlace } from "./progress.ts";
import type { RetryPolicy } from "./retry.ts";

/**
 * What a caller may ask of a transaction that is stored already. A ruling on the stored record comes first (I7); a
 * request becomes an event only when the ruling is `go`.
 */
export type RequestEvent =
  /** Run it. The options, custom data, `concurrent` and settings of `asked` replace those that are stored. */
  | { readonly kind: "submit"; readonly asked: Asked }
  /** Roll it back. */
  | { readonly kind: "abort"; readonly reason: string }
  /** Further branches take part. */
  | ({ readonly kind: "register" } & Registration);

/** Branches that take part in a transaction of this mode from now on. */
export interface Registration {
  readonly transType: TransType;
  /** Each has just one op where `statuses` is given. */
  readonly branches: readonly Branch[];
  /** What came of the one op of each branch, as the caller says, who called it; absent where nobody has called any. */
  readonly statuses?: readonly OpStatus[];
}

/** What happened to a transaction. */
export type TransactionEvent =
  | RequestEvent
  /** The transaction is durable and held, and its drive begins or goes on: see what is due. */
  | { readonly kind: "drive" }
  /** A call that was asked for has ended. */
  | (OpPlace & {
      readonly kind: "answered";
      readonly outcome: BranchOutcome;
      readonly startedAt: EpochMs;
      /** From the start of the call to its end, on the monotonic clock. */
      readonly durationMs: number;
    })
  /** A call that was asked for was not made. It does not count as an attempt. `mayHaveRun`: as in the effect. */
  | (OpPlace & { readonly kind: "notCalled"; readonly mayHaveRun: boolean })
  /** The destination of these ops answers again: their next attempts need not wait. It changes no count. */
  | { readonly kind: "wake"; readonly places: readonly OpPlace[] }
  /** A person asks for the next attempt now, and gives a parked transaction a new budget. */
  | { readonly kind: "retryNow" }
  /** A person ends the transaction without compensation. */
  | ({ readonly kind: "forceStop" } & Operator)
  /** A person has the transaction rolled back. */
  | ({ readonly kind: "rollBack" } & Operator)
  /** A person says what an op came to, because its branch does not. */
  | ({ readonly kind: "takeAsDone" } & TakenOp & Operator);

/** Who acts on a transaction as a person, and why; the reason may be empty. */
export interface Operator {
  readonly actor: string;
  readonly reason: string;
}

/** The op that a person takes as done, and what it came to. */
export interface TakenOp {
  readonly branchId: string;
  readonly op: Op;
  readonly outcome: "success" | "failure";
}

/** Time, chance and policy, as arguments: `decide` reads neither a clock nor a configuration. */
export interface Moment {
  readonly now: EpochMs;
  /** A draw from [0, 1), for jitter. */
  readonly unit: number;
  readonly policy: RetryPolicy;
}

export type Effect =
  /** Call the op. `mayHaveRun`: whether the op may have run before this call. */
  | { readonly kind: "call"; readonly branch: number; readonly op: Op; readonly mayHaveRun: boolean }
  /** The call is not wanted any more. If it still waits in line, it must not be made; if it is out, it goes on. */
  | { readonly kind: "takeBack"; readonly branch: number; readonly op: Op }
  /** Send `drive` at this instant, unless something else happens before. */
  | { readonly kind: "wake"; readonly at: EpochMs };

export interface Decision {
  readonly next: Transaction;
  readonly effects: readonly Effect[];
  /**
   * - `first`: `next` must be durable before any call (I1, I2).
   * - `lazy`: progress only; it may ride along with a later write.
   * - `none`: nothing changed.
   */
  readonly persist: "first" | "lazy" | "none";
  /** True: calls are out or follow, so the lease is kept. False: the write of `next` also gives the lease up. */
  readonly hold: boolean;
}
