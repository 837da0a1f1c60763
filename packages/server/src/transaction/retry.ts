import type { EpochMs, TransactionOptions } from "./model.ts";

/** How often and how long an op without a definite answer is asked again. Part of the server's configuration. */
export interface RetryPolicy {
  /**
   * The first delay, and the interval at which ONGOING is polled, unless the transaction sets its own.
   * Default: 1 second.
   */
  readonly retryBaseMs: number;
  /**
   * No delay is longer, unless the transaction's own first delay already is.
   * Default: 5 minutes, or `retryBaseMs` where that is more.
   */
  readonly retryCapMs: number;
  /** Calls of one op that may end unknown in a row; after that the transaction is parked. Default: 100. */
  readonly retryBudget: number;
}

/** Delays are spread by up to this share either way, so that calls that failed together are not retried together. */
const RETRY_JITTER_SHARE = 0.1;

/** The delay after an ONGOING: somebody is working on it, so ask at a steady interval. */
export function pollDelayMs(options: TransactionOptions, policy: RetryPolicy): number {
  return options.retryIntervalMs > 0 ? options.retryIntervalMs : policy.retryBaseMs;
}

/**
 * The delay after the `unknownCount`-th unknown answer in a row: base, twice the base, four times, … up to the
 * cap, spread by `unit` (a draw from [0, 1)).
 */
export function retryDelayMs(
  unknownCount: number,
  options: TransactionOptions,
  { policy, unit }: { readonly policy: RetryPolicy; readonly unit: number },
): number {
  const baseMs = pollDelayMs(options, policy);
  const ceilingMs = Math.max(policy.retryCapMs, baseMs);
  const delayMs = Math.min(baseMs * 2 ** Math.min(unknownCount - 1, 52), ceilingMs);
  return Math.round(delayMs * (1 + RETRY_JITTER_SHARE * (2 * unit - 1)));
}

/** `ms` after `at`. */
export function later(at: EpochMs, ms: number): EpochMs {
  return (at + ms) as EpochMs;
}
