// Goal: no call is doubled or delayed when the wall clock is set back or ahead, or the machine stood still (I6).
// Method: the real engine in a world whose monotonic and wall clocks move by hand, each by itself.
import { describe, expect, test } from "vitest";
import type { Asked, Gid } from "../transaction/model.ts";
import { SUCCESS, saga, UNKNOWN } from "../transaction/saga/saga-fixture.ts";
import { aWorld, GatedStore, LIMITS, ManualClock, settled, statusOf } from "./engine-fixture.ts";
import { PROGRESS_DELAY_MS } from "./limits.ts";

const HOUR_MS = 3_600_000;

describe("two coordinators on one store (review D1)", () => {
  /** Each coordinator has a clock of its own, and so has the store. */
  function twoCoordinators() {
    const storeClock = new ManualClock();
    const store = new GatedStore({ clock: storeClock });
    const [one, two] = ["one", "two"].map((owner) => aWorld({ store, owner, limits: { pollMs: 500 } }));
    if (one === undefined || two === undefined) throw new Error("there are two");
    const tick = async (): Promise<void> => {
      for (const clock of [storeClock, one.clock, two.clock]) await clock.advance(500);
    };
    return { one, two, storeClock, tick };
  }

  test.for([-60_000, -HOUR_MS, 20_000])(
    "a step of %i ms of one machine's wall clock gives nobody the other's transaction",
    async (stepMs) => {
      const { one, two, tick } = twoCoordinators();
      const long = saga("g1", { stepCount: 3, options: { requestTimeoutMs: 100_000 } });
      await one.engine.submit(long, { waitMs: null });
      await tick();
      one.clock.setWall(stepMs);
      for (let i = 0; i < 60; i += 1) await tick();
      await one.branches.answer("a1", SUCCESS);
      await tick();
      expect([one.branches.made, two.branches.made]).toEqual([["g1 a1", "g1 a2"], []]);
      expect(one.warnings).toEqual([]);
    },
  );

  test("the store's instants are those that are stored, whatever the machines' clocks say", async () => {
    const { one, storeClock } = twoCoordinators();
    one.clock.setWall(-HOUR_MS);
    await one.engine.submit(saga("g1"), { waitMs: null });
    expect((await one.store.load("g1" as Gid))?.progress.submittedAt).toBe(storeClock.now());
  });
});

describe("a step back", () => {
  test.for([30_000, HOUR_MS])("of %i ms: a retry comes no later than by its own delay", async (backMs) => {
    const world = aWorld();
    await world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: null });
    await world.branches.answer("a1", UNKNOWN);
    await world.clock.advance(500);
    world.clock.setWall(-backMs);
    await world.clock.advance(500 + 1_000);
    expect(world.branches.made).toEqual(["g1 a1", "g1 a1"]);
    await world.branches.answer("a1", SUCCESS);
    expect(await statusOf(world)).toBe("succeed");
  });

  test.for([30_000, HOUR_MS])("of %i ms: a time limit comes no later than by itself", async (backMs) => {
    const world = aWorld({ limits: { retryBudget: 1_000 } });
    world.branches.auto = ({ op }) => (op === "action" ? UNKNOWN : SUCCESS);
    const limited = saga("g1", {
      stepCount: 1,
      options: { timeoutToFailMs: 20_000, retryIntervalMs: 5_000 },
    });
    await world.engine.submit(limited, { waitMs: null });
    await world.clock.advance(6_000);
    world.clock.setWall(-backMs);
    await world.clock.advance(20_000 + 20_000);
    expect(await statusOf(world)).toBe("failed");
  });

  test("over a restart: what waits is due no later than by its own delay, and what is held at once", async () => {
    const storeClock = new ManualClock();
    const store = new GatedStore({ clock: storeClock, traits: { exclusive: true } });
    // Its own clock stands still from here on, as if the coordinator were dead.
    const dead = aWorld({ store });
    await dead.engine.submit(saga("waits", { stepCount: 1 }), { waitMs: null });
    await dead.branches.answer("a1", UNKNOWN, "waits");
    await dead.engine.submit(saga("held", { stepCount: 1 }), { waitMs: null });
    await settled();
    storeClock.setWall(-HOUR_MS);
    const next = aWorld({ store, owner: "two" });
    await next.clock.advance(0);
    expect(next.branches.made).toEqual(["held a1"]);
    for (let second = 0; second < 2; second += 1) {
      await storeClock.advance(1_000);
      await next.clock.advance(1_000);
    }
    expect(next.branches.made).toEqual(["held a1", "waits a1"]);
  });
});

test("a step back while a call is out, then a death: whoever takes over waits for the lease and no longer", async () => {
  const storeClock = new ManualClock();
  const store = new GatedStore({ clock: storeClock });
  const dead = aWorld({ store });
  await dead.engine.submit(saga("g1", { stepCount: 2 }), { waitMs: null });
  await settled();
  storeClock.setWall(-HOUR_MS);
  await dead.branches.answer("a1", SUCCESS);
  // The answer is stored. From here on the coordinator's own clock stands still, as if it were dead.
  await dead.clock.advance(PROGRESS_DELAY_MS);
  const next = aWorld({ store, owner: "two" });
  const stepMs = LIMITS.pollMs;
  for (let ms = 0; ms <= LIMITS.leaseMs; ms += stepMs) {
    await storeClock.advance(stepMs);
    await next.clock.advance(stepMs);
  }
  expect(next.branches.made).toEqual(["g1 a2"]);
});

describe("a jump ahead", () => {
  test.for([20_000, 25 * HOUR_MS])("of %i ms with ops out: each op is called once", async (aheadMs) => {
    // Room for more: recovery looks.
    const world = aWorld({ limits: { inFlightMax: 20 } });
    world.store.traits = { ...world.store.traits, exclusive: true };
    const gids = Array.from({ length: 10 }, (_, index) => `g${index}`);
    await Promise.all(gids.map((gid) => world.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null })));
    await settled();
    world.clock.setWall(aheadMs);
    await world.clock.advance(2 * LIMITS.pollMs);
    expect(world.branches.made).toHaveLength(10);
    for (const { answer } of [...world.branches.open]) answer(SUCCESS);
    await settled();
    expect(await Promise.all(gids.map((gid) => statusOf(world, gid)))).toEqual(gids.map(() => "succeed"));
    expect(world.warnings).toEqual([]);
  });

  test("of both clocks, as when a laptop or a virtual machine wakes: each op is called once", async () => {
    const world = aWorld();
    world.store.traits = { ...world.store.traits, exclusive: true };
    await world.engine.submit(saga("g1", { stepCount: 1, options: { requestTimeoutMs: 100_000 } }), {
      waitMs: null,
    });
    await settled();
    world.clock.jump(3 * LIMITS.leaseMs);
    await world.clock.advance(2 * LIMITS.pollMs);
    await world.branches.answer("a1", SUCCESS);
    expect(world.branches.made).toEqual(["g1 a1"]);
    expect([await statusOf(world), world.warnings]).toEqual(["succeed", []]);
  });

  test("of 25 hours deletes nothing that has just finished: its submit may be repeated", async () => {
    const world = aWorld();
    world.branches.auto = () => SUCCESS;
    await world.engine.submit(saga("g1"), { waitMs: null });
    await settled();
    world.clock.setWall(25 * HOUR_MS);
    await world.clock.advance(10 * 60_000);
    expect(await world.engine.submit(saga("g1"), { waitMs: null })).toMatchObject({ code: "wrong_status" });
    expect(world.branches.made).toHaveLength(2);
  });

  test("of 25 hours over a restart deletes nothing that finished just before it, either", async () => {
    const clock = new ManualClock();
    const store = new GatedStore({ clock });
    const before = aWorld({ store, clock });
    before.branches.auto = () => SUCCESS;
    const asked = (gid: string): Asked => {
      const { definition, branches } = saga(gid);
      return { definition: { ...definition, createdAt: clock.now() }, branches };
    };
    await before.engine.submit(asked("old"), { waitMs: null });
    await clock.advance(23 * HOUR_MS);
    await before.engine.submit(asked("just before"), { waitMs: null });
    await settled();
    await before.engine.stop();
    clock.setWall(25 * HOUR_MS);
    const after = aWorld({ store, clock, owner: "two" });
    after.branches.auto = () => SUCCESS;
    // Begun after the step: it does not make the step true.
    await after.engine.submit(asked("after"), { waitMs: null });
    await clock.advance(10 * 60_000);
    const kept = async (): Promise<readonly string[]> =>
      (await store.list({ limit: 9, bytesMax: 1e9 })).found.map(({ definition }) => definition.gid);
    expect(await kept()).toEqual(["after", "just before", "old"]);
    // What had its time before the restart goes after the rest of it.
    await clock.advance(HOUR_MS);
    expect(await kept()).toEqual(["after", "just before"]);
  });
});
