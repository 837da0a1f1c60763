import type { ConfigReader } from "./reader.ts";

/** What a coordinator takes on at a time, and how long it waits for what. Milliseconds unless the name says otherwise. */
export interface Limits {
  /** Transactions driven at the same time. Default: 1000. */
  readonly inFlightMax: number;
  /** Accepted transactions that may wait for one of those places; beyond that, submit is refused. Default: 10,000. */
  readonly waitingMax: number;
  /**
   * How long one coordinator may work on a transaction before another takes over. Renewed meanwhile.
   *
   * Longer means fewer needless take-overs; shorter means faster recovery after a crash. More than `branchTimeoutMs`.
   * Default: 10 seconds, or twice `branchTimeoutMs` where that is more.
   */
  readonly leaseMs: number;
  /** How long one branch call may take, unless the transaction says otherwise. Default: 3 seconds. */
  readonly branchTimeoutMs: number;
  /** The first delay before a branch is asked again, and the interval at which ONGOING is polled. Default: 1 second. */
  readonly retryBaseMs: number;
  /** No delay is longer. Default: 5 minutes, or `retryBaseMs` where that is more. */
  readonly retryCapMs: number;
  /** Calls of one op that may end unknown in a row before the transaction is parked. Default: 100. */
  readonly retryBudget: number;
  /** The longest that a submit waits for its result. Default: 10 seconds. */
  readonly waitMsMax: number;
  /** How long a stop waits for what is in flight before it cuts it off. Default: 10 seconds. */
  readonly drainMs: number;
  /** How long a finished transaction is kept; a submit repeated later than that runs again. Default: 1 day. */
  readonly retainMs: number;
  /** How often the store is asked for what others left behind. Default: 1 second. */
  readonly pollMs: number;
}

/** Reads the limits and checks that they fit each other. */
export function limitsOf(reader: ConfigReader): Limits {
  const branchTimeout = reader.integer("branchTimeoutMs");
  const retryBase = reader.integer("retryBaseMs");
  const lease = reader.integer("leaseMs");
  const retryCap = reader.integer("retryCapMs");
  if (lease.name !== undefined && lease.value <= branchTimeout.value) {
    reader.problems.push(
      `${lease.name} (${lease.value} ms) must be more than ${branchTimeout.name ?? "Lockstep.BranchTimeoutMs"} ` +
        `(${branchTimeout.value} ms): a branch call must end before its lease does`,
    );
  }
  if (retryCap.name !== undefined && retryCap.value < retryBase.value) {
    reader.problems.push(
      `${retryCap.name} (${retryCap.value} ms) must not be less than ${retryBase.name ?? "Lockstep.RetryBaseMs"} ` +
        `(${retryBase.value} ms): delays grow from the one to the other`,
    );
  }
  return {
    inFlightMax: reader.integer("inFlightMax").value,
    waitingMax: reader.integer("waitingMax").value,
    // A dtm conf.yml may ask for any RequestTimeout and RetryInterval, and knows no lease and no cap to go with it.
    leaseMs: lease.name === undefined ? Math.max(lease.value, 2 * branchTimeout.value) : lease.value,
    branchTimeoutMs: branchTimeout.value,
    retryBaseMs: retryBase.value,
    retryCapMs: retryCap.name === undefined ? Math.max(retryCap.value, retryBase.value) : retryCap.value,
    retryBudget: reader.integer("retryBudget").value,
    waitMsMax: reader.integer("waitMsMax").value,
    drainMs: reader.integer("drainMs").value,
    retainMs: reader.integer("retainMs").value,
    pollMs: reader.integer("pollMs").value,
  };
}
