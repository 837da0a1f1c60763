// Goal: a slow service delays only those who need it (I9), and the longest line loses and leaves behind nothing.
// Method: the real engine and memory store in a world whose clock and branches move only by hand.
import { describe, expect, test, vi } from "vitest";
import type { Asked, Gid } from "../transaction/model.ts";
import { aStep, type SagaChanges, SUCCESS, saga } from "../transaction/saga/saga-fixture.ts";
import { aWorld, LIMITS, nowOf, settled, statusOf, type World } from "./engine-fixture.ts";

describe("a long line", () => {
  const LENGTH = 10_000;
  const gids = Array.from({ length: LENGTH }, (_, i) => `g${i}`);

  async function submitted(world: World, host: (index: number) => string): Promise<void> {
    const accepted = gids.map((gid, index) => {
      const action = `http://${host(index)}/a`;
      const branches = [aStep(0, { action, compensate: action })];
      return world.engine.submit(saga(gid, { branches }), { waitMs: null });
    });
    expect((await Promise.all(accepted)).every(({ kind }) => kind === "accepted")).toBe(true);
    await settled();
  }

  test("for one destination: each is called once, and nothing is left behind", async () => {
    const limits = {
      inFlightMax: 10,
      waitingMax: 3 * LENGTH,
      inHandBytesMax: 1e9,
      callsPerDestinationMax: 2,
      leaseMs: 3_600_000,
    };
    const world = aWorld({ limits });
    // Five destinations with two calls each fill all places. All later transactions are for the first destination.
    await submitted(world, (index) => `b${index < 10 ? index % 5 : 0}`);
    expect(world.branches.made).toHaveLength(10);
    world.branches.auto = () => SUCCESS;
    for (const { answer } of [...world.branches.open]) answer(SUCCESS);
    await vi.waitUntil(() => world.engine.occupancy.inFlight + world.engine.occupancy.waiting === 0, 20_000);
    expect(new Set(world.branches.made).size).toBe(LENGTH);
    expect(world.branches.made).toHaveLength(LENGTH);
    expect(world.warnings).toEqual([]);
    expect(await nowOf(world.engine.stop())).toBeUndefined();
  });

  test("whose leases cannot be renewed is let go, and no place is lost", async () => {
    const world = aWorld({ limits: { inFlightMax: 10, waitingMax: 2 * LENGTH, inHandBytesMax: 1e9 } });
    await submitted(world, (index) => `b${index}`);
    world.store.renew = () => Promise.reject(new Error("disk full"));
    world.branches.auto = () => SUCCESS;
    await world.clock.advance(3 * LIMITS.leaseMs);
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
    expect(world.warnings.some((warning) => warning.startsWith("background work failed"))).toBe(false);
    expect(await nowOf(world.engine.stop())).toBeUndefined();
  });
});

describe("a service that hangs (I9)", () => {
  const limits = { inFlightMax: 3, waitingMax: 10, callsPerDestinationMax: 2 };

  /** A saga of one step, at this service. */
  function at(host: string, gid: string, over: SagaChanges = {}): Asked {
    const branches = [aStep(0, { action: `http://${host}/a`, compensate: `http://${host}/c` })];
    return saga(gid, { branches, ...over });
  }

  async function hung(world: World, count: number): Promise<void> {
    for (let i = 1; i <= count; i += 1) {
      expect(await world.engine.submit(at("slow", `slow${i}`), { waitMs: null })).toEqual({
        kind: "accepted",
      });
    }
    await settled();
  }

  test("holds back only those who need it, and serves them in their order", async () => {
    const world = aWorld({ limits });
    await hung(world, 5);
    expect(world.branches.made).toEqual(["slow1 a1", "slow2 a1"]);
    expect(world.engine.occupancy).toEqual({ inFlight: 2, waiting: 3 });
    const healthy = world.engine.submit(at("quick", "healthy"), { waitMs: 5_000 });
    await world.branches.answer("a1", SUCCESS, "healthy");
    expect(await nowOf(healthy)).toEqual({ kind: "succeed" });
    for (const gid of ["slow1", "slow2", "slow3", "slow4", "slow5"])
      await world.branches.answer("a1", SUCCESS, gid);
    expect(world.branches.made.slice(3)).toEqual(["slow3 a1", "slow4 a1", "slow5 a1"]);
    expect(await statusOf(world, "slow5")).toBe("succeed");
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  });

  test("those in its line keep their leases, and can be ended", async () => {
    const world = aWorld({ limits });
    await hung(world, 4);
    await world.clock.advance(3 * LIMITS.leaseMs);
    expect(world.branches.made).toEqual(["slow1 a1", "slow2 a1"]);
    expect(await world.engine.forceStop("slow3" as Gid, { actor: "ann", reason: "test" })).toEqual({
      kind: "done",
    });
    expect(world.engine.occupancy).toEqual({ inFlight: 2, waiting: 1 });
    await world.branches.answer("a1", SUCCESS, "slow1");
    expect(world.branches.made).toEqual(["slow1 a1", "slow2 a1", "slow4 a1"]);
    await world.branches.answer("a1", SUCCESS, "slow2");
    await world.branches.answer("a1", SUCCESS, "slow4");
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  });

  test("an action that still waits is not called after the decision to roll back", async () => {
    const world = aWorld({ limits });
    await hung(world, 2);
    const late = at("slow", "late", { options: { timeoutToFailMs: 2_000 } });
    const answer = world.engine.submit(late, { waitMs: 60_000 });
    await world.clock.advance(2_000);
    // Nothing was called, so there is nothing to roll back.
    expect(await nowOf(answer)).toMatchObject({ kind: "failed", reason: "Timeout after 2 seconds" });
    expect(await statusOf(world, "late")).toBe("failed");
    await world.branches.answer("a1", SUCCESS, "slow1");
    expect(world.branches.made).toEqual(["slow1 a1", "slow2 a1"]);
    const stored = await world.store.load("late" as Gid);
    expect(stored?.progress).toMatchObject({
      retryCount: 0,
      branches: [{ action: { attemptCount: 0, attempts: [] } }],
    });
  });

  test("a long line refuses new ones for that service only", async () => {
    const world = aWorld({ limits: { ...limits, waitingMax: 4 } });
    await hung(world, 5);
    expect(await world.engine.submit(at("slow", "more"), { waitMs: null })).toMatchObject({
      code: "overloaded",
    });
    expect(await statusOf(world, "more")).toBeUndefined();
    expect(await world.engine.submit(at("quick", "healthy"), { waitMs: null })).toEqual({ kind: "accepted" });
  });

  test("a stop lets go of those in its line", async () => {
    const world = aWorld({ limits: { ...limits, drainMs: 100 } });
    await hung(world, 4);
    const stopped = world.engine.stop();
    await world.clock.advance(100);
    expect(await nowOf(stopped)).toBeUndefined();
    expect(world.branches.made).toEqual(["slow1 a1", "slow2 a1"]);
    const next = aWorld({ store: world.store, clock: world.clock, owner: "two" });
    next.branches.auto = () => SUCCESS;
    await world.clock.advance(2_000);
    for (const gid of ["slow1", "slow2", "slow3", "slow4"])
      expect(await statusOf(world, gid)).toBe("succeed");
  });

  test("a concurrent saga keeps its place while one of its calls is out", async () => {
    const world = aWorld({ limits });
    await hung(world, 2);
    const branches = ["slow", "quick"].map((host, index) =>
      aStep(index, { action: `http://${host}/a`, compensate: "" }),
    );
    const answer = world.engine.submit(saga("both", { branches, concurrent: true }), { waitMs: 60_000 });
    await settled();
    expect(world.engine.occupancy).toEqual({ inFlight: 3, waiting: 0 });
    await world.branches.answer("a2", SUCCESS, "both");
    expect(world.engine.occupancy).toEqual({ inFlight: 2, waiting: 1 });
    await world.branches.answer("a1", SUCCESS, "slow2");
    await world.branches.answer("a1", SUCCESS, "both");
    expect(await nowOf(answer)).toEqual({ kind: "succeed" });
  });
});
