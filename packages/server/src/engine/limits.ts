/** How much one coordinator takes on at a time, and how long it waits. */
import { invariant } from "../transaction/invariant.ts";
import type { RetryPolicy } from "../transaction/retry.ts";

/** The settings of an engine. The configuration has the defaults, and checks that the settings fit each other. */
export interface EngineLimits extends RetryPolicy {
  /** Transactions driven at the same time. Default: 1,000. */
  readonly inFlightMax: number;
  /** Accepted transactions that may wait for one of those places; beyond that, submit is refused. Default: 10,000. */
  readonly waitingMax: number;
  /**
   * Content of all transactions that are in flight or wait, in bytes: URLs and payloads, and a little for each. Beyond
   * that, submit is refused; beyond half of it, recovery waits. Memory in use grows with it. Default: 256 MiB.
   */
  readonly inHandBytesMax: number;
  /**
   * Calls that one destination has out at the same time; more of them wait in a line of its own, and the
   * transactions that wait there hold no place. Less than `inFlightMax`, so that one service that hangs leaves
   * places for the others. Default: 250.
   */
  readonly callsPerDestinationMax: number;
  /**
   * How long a lease lasts: when its holder dies, another coordinator takes over after this. The holder renews it.
   *
   * Longer means fewer needless take-overs; shorter means faster recovery after a crash. More than `branchTimeoutMs`.
   * Default: 10 seconds, or twice `branchTimeoutMs` where that is more.
   */
  readonly leaseMs: number;
  /** How long one branch call may take, unless the transaction says otherwise. Default: 3 seconds. */
  readonly branchTimeoutMs: number;
  /**
   * How long a transaction may stay prepared, unless it says otherwise: then a tcc or an xa is rolled back. A saga waits
   * for its submit without a limit. Default: 35 seconds.
   */
  readonly timeoutToFailMs: number;
  /** The longest that a submit waits for its result. Default: 10 seconds. */
  readonly waitMsMax: number;
  /** How long a stop waits for what is in flight before it cuts it off. Default: 10 seconds. */
  readonly drainMs: number;
  /** How long a finished transaction is kept; a submit repeated later than that runs again. Default: 1 day. */
  readonly retainMs: number;
  /** How often the store is asked for what others left behind. Default: 1 second. */
  readonly pollMs: number;
}

/** Recovery takes at most this share of `waitingMax` and `inHandBytesMax`, and leaves the rest to new transactions. */
export const RECOVERY_SHARE = 0.5;

/** A destination whose own line is longer than this share of `waitingMax` gets no new transactions. */
export const DESTINATION_LINE_SHARE = 0.5;

/** Progress whose loss costs only a repeated call is written after this at the latest; a fast saga ends before it. */
export const PROGRESS_DELAY_MS = 100;

/** Calls of one destination in a row without a clear answer, after which people are told that it does not answer. */
export const DESTINATION_SILENT_CALLS_MIN = 3;

/** Destinations without a clear answer that are watched for their return. */
export const DESTINATIONS_WATCHED_MAX = 10_000;

/** Writes of one flush. */
export const FLUSH_WRITES_MAX = 1_000;

/** Bytes of one flush, about; a larger write goes alone. Below the packet size that MySQL takes by default (16 MB). */
export const FLUSH_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Turns of the event loop that a flush waits for more writes. With 64 callers a saga takes 170 µs of CPU with three and
 * 193 with two, as fewer flushes carry more; a fourth adds nothing.
 */
export const FLUSH_TURNS = 3;

/** Transactions claimed with one look at the store. */
export const CLAIM_BATCH_MAX = 200;

/** Bytes claimed with one look at the store, about: a synchronous store holds the event loop while it reads them. */
export const CLAIM_BYTES_MAX = 8 * 1024 * 1024;

/** An outage of a destination that was shorter wakes nobody when it ends. */
export const OUTAGE_MS_MIN = 2_000;

/** Transactions that are remembered as waiting for destinations that give no answer. */
export const OUTAGE_WAITING_MAX = 10_000;

/** How often a transaction is woken before its next attempt is due, without an answer of its own in between. */
export const EARLY_WAKES_MAX = 5;

/** Leases are renewed when this share of them is used up, so that two renewals may fail. */
export const RENEW_AFTER_SHARE = 1 / 3;

/** A lease is not relied on in its last share: clocks run at slightly different speeds. */
export const LEASE_MARGIN_SHARE = 0.1;

/** How often finished transactions that have been kept long enough are looked for. */
export const RETAIN_SWEEP_MS = 60_000;

/** Finished transactions deleted with one statement. */
export const RETAIN_BATCH_MAX = 500;

/** Tries of a compare-and-set, each of which another write won, before the caller is told to ask again. */
export const CONTENTION_TRIES_MAX = 5;

/** After a stop cuts transactions off, they are written and the doors answer the callers who wait, within this. */
export const LET_GO_MS = 2_000;

/**
 * How long recovery lets places gather when there is more to do than there is room for: each look at the store is a
 * transaction of its own. With 100 places and branches of 20 ms, 3,000 due ones took 333 looks of 9 each without it.
 */
export const RECOVERY_GATHER_MS = 10;

/** A store that fails is asked again after this. */
export const STORE_RETRY_MS = 1_000;

invariant(RENEW_AFTER_SHARE * 2 + LEASE_MARGIN_SHARE < 1, "a lease survives one failed renewal");
