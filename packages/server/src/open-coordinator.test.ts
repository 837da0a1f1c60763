import { describe, expect, test } from "vitest";
import { limitsGiven, loadConfig } from "./config.ts";
import type { EngineLimits } from "./engine/limits.ts";
import { openCoordinator } from "./open-coordinator.ts";

describe("limits", () => {
  test.for<
    readonly [Partial<Record<keyof EngineLimits, unknown>> | { readonly speed: number }, readonly string[]]
  >([
    [{ leaseMs: -1 }, ["limits: leaseMs must be a whole number from 1000 to 86400000 milliseconds"]],
    [{ pollMs: Number.NaN }, ["limits: pollMs must be"]],
    [{ retryBaseMs: 1.5 }, ["limits: retryBaseMs must be"]],
    [{ drainMs: Number.POSITIVE_INFINITY }, ["limits: drainMs must be"]],
    [{ inFlightMax: 0 }, ["limits: inFlightMax must be"]],
    [{ retryBudget: "many" }, ["limits: retryBudget must be"]],
    [{ waitMsMax: null }, ["limits: waitMsMax must be"]],
    [{ leaseMs: 2_000 }, ["limits: leaseMs (2000 ms) must be more than Lockstep.BranchTimeoutMs (3000 ms)"]],
    [{ retryCapMs: 500 }, ["limits: retryCapMs (500 ms) must not be less than"]],
    [{ speed: 9 }, ["limits: speed is no limit"]],
    [
      { waitingMax: -1, retainMs: 0, callsPerDestinationMax: 1e21 },
      ["limits: waitingMax must be", "limits: callsPerDestinationMax must be", "limits: retainMs must be"],
    ],
  ])("%j are refused, each by its name", async ([limits, problems]) => {
    const opened = openCoordinator({ store: "memory:", limits: limits as Partial<EngineLimits> });
    const error = await opened.then(
      () => Promise.reject(new Error("it was opened")),
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: "LockstepError", code: "invalid_argument" });
    const lines = (error as Error).message.split("\n").sort();
    expect(lines).toEqual([...problems].sort().map((problem) => expect.stringContaining(problem)));
  });

  test("those that are not given are the server's own", () => {
    const { limits } = loadConfig({ flags: {}, env: {} }).config;
    const own: object = { drainMs: 5, pollMs: undefined };
    expect(limitsGiven(own)).toEqual({ ...limits, drainMs: 5 });
  });

  test("a lease follows a longer branch timeout", () => {
    expect(limitsGiven({ branchTimeoutMs: 20_000 }).leaseMs).toBe(40_000);
  });
});
