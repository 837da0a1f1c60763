/** The shape that `decide` of every mode shares: what happened, what follows, and how safe it must be first. */
import type { BranchOutcome, EpochMs, SagaOp, Transaction } from "./model.ts";
import type { RetryPolicy } from "./retry.ts";

/** What happened to a transaction that somebody drives. */
export type TransactionEvent =
  /** It is durable and held, and its drive begins or goes on: see what is due. */
  | { readonly kind: "drive" }
  /** A call that was asked for has ended. */
  | {
      readonly kind: "answered";
      readonly step: number;
      readonly op: SagaOp;
      readonly outcome: BranchOutcome;
      readonly startedAt: EpochMs;
    }
  /** A call that was asked for was never made: nothing ran, and nothing counts. `mayHaveRun` as the effect said. */
  | {
      readonly kind: "notCalled";
      readonly step: number;
      readonly op: SagaOp;
      readonly mayHaveRun: boolean;
    }
  /** A person asks for the next attempt now, and gives a parked transaction a new budget. */
  | { readonly kind: "retryNow" }
  /** A person ends it without compensation. */
  | { readonly kind: "forceStop"; readonly actor: string; readonly reason: string };

/** Time, chance and policy, as arguments: `decide` reads neither a clock nor a configuration. */
export interface Moment {
  readonly now: EpochMs;
  /** A draw from [0, 1), for jitter. */
  readonly unit: number;
  readonly policy: RetryPolicy;
}

export type Effect =
  /** `mayHaveRun`: whether the op may have run before this call. */
  | { readonly kind: "call"; readonly step: number; readonly op: SagaOp; readonly mayHaveRun: boolean }
  /** Send `drive` at this instant, unless something else happens before. */
  | { readonly kind: "wake"; readonly at: EpochMs };

export interface Decision {
  readonly next: Transaction;
  readonly effects: readonly Effect[];
  /**
   * - `first`: `next` must be durable before any effect (I1, I2).
   * - `lazy`: progress only; it may ride along with a later write.
   * - `none`: nothing changed.
   */
  readonly persist: "first" | "lazy" | "none";
  /** Calls are out or follow, so the lease is needed; otherwise it is let go with `next`. */
  readonly hold: boolean;
}
