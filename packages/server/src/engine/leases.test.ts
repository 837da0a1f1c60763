// Goal: at most one coordinator drives a transaction (I6), and what nobody drives is found.
// Method: the real engine and memory store in a world whose clock and branches move only by hand.
import { describe, expect, test } from "vitest";
import { FAILURE, SUCCESS, saga } from "../transaction/saga/saga-fixture.ts";
import { aWorld, GatedStore, gate, LIMITS, ManualClock, nowOf, settled, statusOf } from "./engine-fixture.ts";
import { RETAIN_BATCH_MAX } from "./limits.ts";

describe("leases (I6)", () => {
  test("a call longer than the lease is renewed and made once", async () => {
    const one = aWorld();
    const two = aWorld({ store: one.store, clock: one.clock, owner: "two" });
    const long = saga("g1", { options: { requestTimeoutMs: 100_000 } });
    await one.engine.submit(long, { waitMs: null });
    await one.clock.advance(60_000);
    expect([...one.branches.made, ...two.branches.made]).toEqual(["g1 a1"]);
    await one.branches.answer("a1", SUCCESS);
    await one.branches.answer("a2", SUCCESS);
    expect(await statusOf(one)).toBe("succeed");
  });

  test("a lease that turns out to be lost cuts the call off", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    await settled();
    const [out] = world.branches.open;
    world.store.renew = async () => [];
    await world.clock.advance(LIMITS.leaseMs / 2);
    expect(out?.signal.aborted).toBe(true);
    expect(world.warnings).toContain("lost a transaction; it is taken up again when its lease has run out");
  });

  test("nothing more is called on a lease that has run out while the store hung", async () => {
    const world = aWorld();
    world.store.renew = () => new Promise<never>(() => undefined);
    world.store.claimDue = () => new Promise<never>(() => undefined);
    await world.engine.submit(saga("g1"), { waitMs: null });
    await world.clock.advance(LIMITS.leaseMs);
    await world.branches.answer("a1", SUCCESS);
    expect(world.branches.made).toEqual(["g1 a1"]);
    expect(world.engine.occupancy.inFlight).toBe(0);
  });

  test("every write extends the lease", async () => {
    const world = aWorld();
    world.store.renew = () => new Promise<never>(() => undefined);
    await world.engine.submit(saga("g1", { stepCount: 3 }), { waitMs: null });
    await world.clock.advance(7_000);
    await world.branches.answer("a1", SUCCESS);
    await world.clock.advance(7_000);
    await world.branches.answer("a2", SUCCESS);
    expect(world.branches.made).toEqual(["g1 a1", "g1 a2", "g1 a3"]);
  });

  test("one that this coordinator itself had lost is driven from what is stored, once", async () => {
    const world = aWorld();
    world.store.renew = () => new Promise<never>(() => undefined);
    await world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: null });
    await settled();
    const [out] = world.branches.open;
    await world.clock.advance(LIMITS.leaseMs + LIMITS.pollMs);
    expect(out?.signal.aborted).toBe(true);
    expect(world.branches.open.map(({ call }) => call.gid)).toEqual(["g1"]);
    await world.branches.answer("a1", SUCCESS);
    expect(await statusOf(world)).toBe("succeed");
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  });

  test("a coordinator that died is replaced after its lease, and its late writes are refused", async () => {
    const storeClock = new ManualClock();
    const store = new GatedStore({ clock: storeClock });
    // The first coordinator's own clock stands still, as if it were dead: its calls are out for ever.
    const one = aWorld({ store });
    const two = aWorld({ store, owner: "two" });
    await one.engine.submit(saga("g1"), { waitMs: null });
    await two.clock.advance(2_000);
    expect([...one.branches.made, ...two.branches.made]).toEqual(["g1 a1"]);
    await storeClock.advance(LIMITS.leaseMs + 1);
    await two.clock.advance(2_000);
    expect(two.branches.made).toEqual(["g1 a1"]);
    // The first coordinator comes back to life: the answer that it hears now must not count.
    await one.branches.answer("a1", FAILURE);
    expect(one.branches.made).toEqual(["g1 a1"]);
    expect(one.warnings).toEqual(["lost a transaction; it is taken up again when its lease has run out"]);
    await two.branches.answer("a1", SUCCESS);
    await two.branches.answer("a2", SUCCESS);
    expect(await statusOf(one)).toBe("succeed");
  });

  test("a renewal that meets the last write takes no lease for lost", async () => {
    const world = aWorld();
    const answer = world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: 60_000 });
    await world.clock.advance(LIMITS.leaseMs / 3);
    const told = gate();
    const write = world.store.write.bind(world.store);
    world.store.write = async (...flush) => {
      const results = await write(...flush);
      await told.wait;
      return results;
    };
    await world.branches.answer("a1", SUCCESS);
    expect(await statusOf(world)).toBe("succeed");
    await world.clock.advance(LIMITS.leaseMs / 2);
    told.open();
    expect(await nowOf(answer)).toEqual({ kind: "succeed" });
    expect(world.warnings).toEqual([]);
  });

  test("a renewal that was asked for before the last write, and answered after it, takes no lease for lost", async () => {
    const world = aWorld();
    const answer = world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: 60_000 });
    const [renewed, told] = [gate(), gate()];
    const renew = world.store.renew.bind(world.store);
    world.store.renew = (terms) => renewed.wait.then(() => renew(terms));
    await world.clock.advance(LIMITS.leaseMs / 2);
    const write = world.store.write.bind(world.store);
    world.store.write = async (...flush) => {
      const results = await write(...flush);
      await told.wait;
      return results;
    };
    await world.branches.answer("a1", SUCCESS);
    renewed.open();
    await settled();
    told.open();
    expect(await nowOf(answer)).toEqual({ kind: "succeed" });
    expect(world.warnings).toEqual([]);
  });

  test("on a store that nobody else can open no lease runs out, whatever its renewal does", async () => {
    const clock = new ManualClock();
    const world = aWorld({ clock, store: new GatedStore({ clock, traits: { exclusive: true } }) });
    world.store.renew = () => new Promise<never>(() => undefined);
    await world.engine.submit(saga("g1"), { waitMs: null });
    await world.clock.advance(2 * LIMITS.leaseMs);
    await world.branches.answer("a1", SUCCESS);
    expect(world.branches.made).toEqual(["g1 a1", "g1 a2"]);
    expect(world.warnings).toEqual([]);
  });

  test("a call that stood in line is not made on a lease that has run out", async () => {
    const world = aWorld({ limits: { callsPerDestinationMax: 1 } });
    for (const gid of ["g1", "g2"]) await world.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null });
    await settled();
    const [out] = world.branches.open;
    world.clock.jump(LIMITS.leaseMs + 1);
    out?.answer(SUCCESS);
    await settled();
    expect(world.branches.made).toEqual(["g1 a1"]);
    expect(world.warnings).toContain("lost a transaction; it is taken up again when its lease has run out");
  });

  test("what cannot be renewed in time is dropped before somebody else may have it", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    await settled();
    const [out] = world.branches.open;
    world.store.renew = () => Promise.reject(new Error("store is away"));
    world.store.claimDue = () => Promise.reject(new Error("store is away"));
    await world.clock.advance(8_500);
    expect(out?.signal.aborted).toBe(false);
    await world.clock.advance(1_500);
    expect(out?.signal.aborted).toBe(true);
    expect(world.engine.occupancy.inFlight).toBe(0);
  });
});

describe("what others left behind", () => {
  test("is claimed at once, as much as there is room for, without waiting for the next look", async () => {
    const dead = aWorld({ limits: { inFlightMax: 1_000, inHandBytesMax: 1e9 } });
    const gids = Array.from({ length: 450 }, (_, i) => `g${i}`);
    await Promise.all(gids.map((gid) => dead.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null })));
    const startedAtMs = dead.clock.elapsedMs();
    dead.store.renew = () => new Promise<never>(() => undefined);
    dead.store.traits = { ...dead.store.traits, exclusive: true }; // as after a restart: old leases do not count
    const next = aWorld({
      store: dead.store,
      limits: { inFlightMax: 1_000, inHandBytesMax: 1e9, pollMs: 60_000 },
      owner: "two",
    });
    await next.clock.advance(10);
    expect(next.branches.made).toHaveLength(450);
    expect(dead.clock.elapsedMs()).toBe(startedAtMs);
  });

  test("is claimed many at a time, also while there is more than there is room for", async () => {
    const dead = aWorld({ limits: { inFlightMax: 1_000, inHandBytesMax: 1e9 } });
    const gids = Array.from({ length: 1_000 }, (_, i) => `g${i}`);
    await Promise.all(gids.map((gid) => dead.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null })));
    dead.store.renew = () => new Promise<never>(() => undefined);
    dead.store.traits = { ...dead.store.traits, exclusive: true };
    let claimCount = 0;
    const claimDue = dead.store.claimDue.bind(dead.store);
    dead.store.claimDue = (request) => {
      claimCount += 1;
      return claimDue(request);
    };
    const next = aWorld({
      store: dead.store,
      limits: { inFlightMax: 100, waitingMax: 1, inHandBytesMax: 1e9 },
      owner: "two",
    });
    // Five branches answer in each millisecond.
    for (let ms = 0; next.branches.made.length < 1_000 && ms < 1_000; ms += 1) {
      await next.clock.advance(1);
      for (const { answer } of next.branches.open.slice(0, 5)) answer(SUCCESS);
    }
    expect(next.branches.made).toHaveLength(1_000);
    expect(claimCount).toBeLessThan(50);
  });

  test("finished ones are deleted after their time, in batches", async () => {
    const world = aWorld({ limits: { inFlightMax: 2_000, inHandBytesMax: 1e9, retainMs: 3_600_000 } });
    world.branches.auto = () => SUCCESS;
    const gids = Array.from({ length: RETAIN_BATCH_MAX + 1 }, (_, i) => `g${i}`);
    await Promise.all(gids.map((gid) => world.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null })));
    await world.clock.advance(3_500_000);
    expect(await statusOf(world, "g0")).toBe("succeed");
    await world.clock.advance(200_000);
    await settled();
    expect((await world.engine.list({ limit: 9, bytesMax: 1_000 })).found).toEqual([]);
  });
});
