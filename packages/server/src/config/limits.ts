import type { EngineLimits } from "../engine/limits.ts";
import type { ConfigReader } from "./reader.ts";

/** Reads the limits and checks that they fit each other. */
export function limitsOf(reader: ConfigReader): EngineLimits {
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
    callsPerDestinationMax: reader.integer("callsPerDestinationMax").value,
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
