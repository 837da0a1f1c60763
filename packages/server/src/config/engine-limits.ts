import { LockstepError } from "@lockstep/protocol";
import type { EngineLimits } from "../engine/limits.ts";
import { INTEGER_KEYS, type IntegerName } from "./integers.ts";
import { ConfigReader } from "./reader.ts";
import type { FileValue } from "./yaml.ts";

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
    inHandBytesMax: reader.integer("inHandBytesMax").value,
    callsPerDestinationMax: reader.integer("callsPerDestinationMax").value,
    // A dtm conf.yml may set any RequestTimeout and RetryInterval, but has no keys for a lease and a cap that fit them.
    leaseMs: lease.name === undefined ? Math.max(lease.value, 2 * branchTimeout.value) : lease.value,
    branchTimeoutMs: branchTimeout.value,
    timeoutToFailMs: reader.integer("timeoutToFailMs").value,
    retryBaseMs: retryBase.value,
    retryCapMs: retryCap.name === undefined ? Math.max(retryCap.value, retryBase.value) : retryCap.value,
    retryBudget: reader.integer("retryBudget").value,
    waitMsMax: reader.integer("waitMsMax").value,
    drainMs: reader.integer("drainMs").value,
    retainMs: reader.integer("retainMs").value,
    pollMs: reader.integer("pollMs").value,
  };
}

/**
 * The limits of a coordinator inside its caller's own process, checked by the rules of the configuration.
 *
 * @throws LockstepError `invalid_argument` with every problem, one a line
 */
export function limitsGiven(given: Partial<EngineLimits>): EngineLimits {
  const values = new Map<string, FileValue>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (isLimit(name)) values.set(INTEGER_KEYS[name].key, { path: name, text: String(value), plain: true });
    else problems.push(`limits: ${name} is no limit; docs/configuration.md has them all`);
  }
  const file = { values, unknown: [], problems: [] };
  const reader = new ConfigReader({ flags: {}, file, fileName: "limits", env: {} });
  const limits = limitsOf(reader);
  problems.push(...reader.problems);
  if (problems.length > 0) throw new LockstepError("invalid_argument", problems.join("\n"));
  return limits;
}

/** The numbers of the configuration that are no limits of the engine. */
const NO_LIMITS = ["httpPort", "grpcPort", "alertRetryLimit"] as const satisfies readonly IntegerName[];

function isLimit(name: string): name is Exclude<IntegerName, (typeof NO_LIMITS)[number]> {
  return Object.hasOwn(INTEGER_KEYS, name) && !(NO_LIMITS as readonly string[]).includes(name);
}
