// Goal: a stop takes nothing on, gives running transactions time to end, and leaves the rest as it is to the next
// coordinator.
// Method: the real engine and memory store in a world whose clock and branches move only by hand.
import { describe, expect, test, vi } from "vitest";
import type { Gid } from "../transaction/model.ts";
import { SUCCESS, saga, UNKNOWN } from "../transaction/saga/saga-fixture.ts";
import { aWorld, BY, failing, gate, LIMITS, nowOf, settled, statusOf } from "./engine-fixture.ts";
import { LET_GO_MS, PROGRESS_DELAY_MS } from "./limits.ts";

describe("stop", () => {
  test("takes nothing new, lets what is in flight end, lets go of what never started", async () => {
    const world = aWorld({ limits: { inFlightMax: 1, waitingMax: 5 } });
    const answer = world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: 5_000 });
    await world.engine.submit(saga("g2", { stepCount: 1 }), { waitMs: null });
    const stopped = world.engine.stop();
    expect(await world.engine.submit(saga("g3"), { waitMs: null })).toMatchObject({ code: "unavailable" });
    await expect(world.engine.ready()).rejects.toThrow();
    await world.branches.answer("a1", SUCCESS);
    expect(await nowOf(answer)).toEqual({ kind: "succeed" });
    expect(await nowOf(stopped)).toBeUndefined();
    expect(world.branches.made).toEqual(["g1 a1"]);
    const next = aWorld({ store: world.store, clock: world.clock, owner: "two" });
    next.branches.auto = () => SUCCESS;
    await world.clock.advance(1);
    expect(await statusOf(world, "g2")).toBe("succeed");
  });

  test("starts nothing from the line while the stop lets it go", async () => {
    const world = aWorld({ limits: { inFlightMax: 1, waitingMax: 5 } });
    for (const gid of ["g1", "g2", "g3"])
      await world.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null });
    await settled();
    const flush = gate();
    world.store.gate = flush.wait;
    const stopped = world.engine.stop();
    await world.branches.answer("a1", SUCCESS, "g1");
    flush.open();
    expect(await nowOf(stopped)).toBeUndefined();
    expect(world.branches.made).toEqual(["g1 a1"]);
  });

  test("cuts off what does not end in time; the next coordinator asks again at once", async () => {
    const world = aWorld();
    const answer = world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: 60_000 });
    await settled();
    const stopped = world.engine.stop();
    await world.clock.advance(4_999);
    expect(await nowOf(stopped)).toBe("pending");
    await world.clock.advance(1);
    expect(await nowOf(stopped)).toBeUndefined();
    expect(await nowOf(answer)).toMatchObject({ kind: "ongoing" });
    const stored = await world.store.load("g1" as Gid);
    expect(stored?.progress.branches[0]?.["action"]).toMatchObject({ mayHaveRun: true, unknownCount: 0 });
    const next = aWorld({ store: world.store, clock: world.clock, owner: "two" });
    next.branches.auto = () => SUCCESS;
    await world.clock.advance(1);
    expect(next.branches.made).toEqual(["g1 a1"]);
    expect(await statusOf(world)).toBe("succeed");
  });

  test("I5: that we stop counts against no retry limit", async () => {
    const store = aWorld().store;
    for (const owner of ["one", "two", "three"]) {
      const world = aWorld({ store, owner });
      if (owner === "one")
        await world.engine.submit(saga("g1", { options: { retryLimit: 1 } }), { waitMs: null });
      await world.clock.advance(1);
      const stopped = world.engine.stop();
      await world.clock.advance(LIMITS.drainMs);
      expect(await nowOf(stopped)).toBeUndefined();
      expect(world.branches.made).toEqual(["g1 a1"]);
    }
    expect((await store.load("g1" as Gid))?.progress).toMatchObject({ status: "submitted", retryCount: 0 });
  });

  test("what was taken on before it is stored and driven", async () => {
    const world = aWorld();
    world.branches.auto = () => SUCCESS;
    const answers = ["g1", "g2"].map((gid) => world.engine.submit(saga(gid), { waitMs: 5_000 }));
    const prepared = world.engine.prepare(saga("g3"));
    const stopped = world.engine.stop();
    expect(await Promise.all(answers)).toEqual([{ kind: "succeed" }, { kind: "succeed" }]);
    expect(await prepared).toEqual({ kind: "done" });
    expect(await nowOf(stopped)).toBeUndefined();
  });

  test("whoever stops it again waits for the same", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: null });
    await settled();
    const twice = [world.engine.stop(), world.engine.stop()];
    for (const stopped of twice) expect(await nowOf(stopped)).toBe("pending");
    await world.branches.answer("a1", SUCCESS);
    expect(await statusOf(world)).toBe("succeed");
    await Promise.all(twice);
  });

  test("no person's event starts anything meanwhile", async () => {
    const world = aWorld({ limits: { retryBudget: 1 } });
    await world.engine.submit(saga("parked", { stepCount: 1 }), { waitMs: null });
    await world.branches.answer("a1", UNKNOWN, "parked");
    await world.engine.submit(saga("running", { stepCount: 1 }), { waitMs: null });
    await settled();
    void world.engine.stop();
    expect(await world.engine.retryNow("parked" as Gid, BY)).toMatchObject({ code: "unavailable" });
    const ended = world.engine.forceStop("parked" as Gid, { actor: "ann", reason: "" });
    expect(await ended).toMatchObject({ code: "unavailable" });
    expect(world.branches.made).toEqual(["parked a1", "running a1"]);
  });

  test("a claim for a person that is under way starts nothing when it comes", async () => {
    const world = aWorld({ limits: { retryBudget: 1 } });
    await world.engine.submit(saga("parked", { stepCount: 1 }), { waitMs: null });
    await world.branches.answer("a1", UNKNOWN, "parked");
    const claimed = gate();
    const claim = world.store.claim.bind(world.store);
    vi.spyOn(world.store, "claim").mockImplementation((terms) => claimed.wait.then(() => claim(terms)));
    const retried = world.engine.retryNow("parked" as Gid, BY);
    await settled();
    const stopped = world.engine.stop();
    await world.clock.advance(LIMITS.drainMs);
    expect(await nowOf(stopped)).toBeUndefined();
    claimed.open();
    expect(await nowOf(retried)).toMatchObject({ kind: "refused" });
    expect(world.branches.made).toEqual(["parked a1"]);
  });

  test("a drive that is let go decides nothing more, whatever falls due meanwhile", async () => {
    const world = aWorld();
    const limited = saga("g1", { stepCount: 1, options: { timeoutToFailMs: LIMITS.drainMs + 1_000 } });
    await world.engine.submit(limited, { waitMs: null });
    await settled();
    const flush = gate();
    const stopped = world.engine.stop();
    world.store.gate = flush.wait;
    await world.clock.advance(LIMITS.drainMs + 1_500);
    flush.open();
    expect(await nowOf(stopped)).toBeUndefined();
    expect(await statusOf(world)).toBe("submitted");
    const written = world.store.writes.flatMap((write) => (write.kind === "update" ? write.hold : []));
    expect(written).toEqual([true, false]);
  });

  test("nothing is written after the stop, whatever stood behind a write that hung (D3)", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1", { stepCount: 3 }), { waitMs: null });
    await world.branches.answer("a1", SUCCESS);
    const flush = gate();
    world.store.gate = flush.wait;
    await world.clock.advance(PROGRESS_DELAY_MS);
    const ended = world.engine.forceStop("g1" as Gid, { actor: "ann", reason: "" });
    await settled();
    const stopped = world.engine.stop();
    await world.clock.advance(LIMITS.drainMs + LET_GO_MS);
    expect(await nowOf(stopped)).toBe("pending");
    flush.open();
    expect(await nowOf(stopped)).toBeUndefined();
    expect(await ended).toMatchObject({ kind: "refused" });
    const written = world.store.writes.flatMap((write) => (write.kind === "update" ? write.hold : []));
    expect(written).toEqual([true]);
  });

  test("a store that fails while they are let go does not hold it up", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: null });
    await settled();
    failing(world);
    const stopped = world.engine.stop();
    await world.clock.advance(LIMITS.drainMs);
    expect(await nowOf(stopped)).toBeUndefined();
  });
});
