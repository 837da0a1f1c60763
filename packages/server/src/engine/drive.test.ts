// Goal: a drive asks again when it should, and ends in good order after a failed write or a bug.
// Method: the real engine and memory store in a world whose clock and branches move only by hand.
import { describe, expect, test } from "vitest";
import type { Gid } from "../transaction/model.ts";
import { aStep, ONGOING, SUCCESS, saga, UNKNOWN } from "../transaction/saga/saga-fixture.ts";
import { aWorld, BY, failing, gate, LIMITS, nowOf, settled, statusOf } from "./engine-fixture.ts";
import { PROGRESS_DELAY_MS } from "./limits.ts";

describe("retries", () => {
  test("on time, with the lease let go meanwhile", async () => {
    const world = aWorld({ limits: { pollMs: 60_000 } });
    await world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: null });
    await world.branches.answer("a1", UNKNOWN);
    await world.clock.advance(999);
    expect(world.branches.made).toHaveLength(1);
    await world.clock.advance(1);
    expect(world.branches.made).toHaveLength(2);
    await world.branches.answer("a1", ONGOING);
    await world.clock.advance(1_000);
    await world.branches.answer("a1", SUCCESS);
    expect(await statusOf(world)).toBe("succeed");
  });

  test("a call that this coordinator could not make is no attempt", async () => {
    const world = aWorld({ limits: { retryBudget: 1 } });
    world.branches.auto = () => ({ kind: "notCalled" });
    const limited = saga("g1", { stepCount: 1, options: { retryLimit: 1 } });
    await world.engine.submit(limited, { waitMs: null });
    await world.clock.advance(5_000);
    const stored = await world.store.load("g1" as Gid);
    expect(stored?.progress).toMatchObject({ status: "submitted", parkedAt: null, retryCount: 0 });
    expect(stored?.progress.branches[0]?.["action"]).toMatchObject({ mayHaveRun: false, attemptCount: 0 });
    world.branches.auto = () => SUCCESS;
    await world.clock.advance(1_000);
    expect(await statusOf(world)).toBe("succeed");
  });

  test("what a person was told is durable before the call that follows", async () => {
    const world = aWorld({ limits: { retryBudget: 1 } });
    await world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: null });
    await world.branches.answer("a1", UNKNOWN);
    const flush = gate();
    world.store.gate = flush.wait;
    const again = world.engine.retryNow("g1" as Gid, BY);
    await settled();
    expect({ made: world.branches.made, again: await nowOf(again) }).toEqual({
      made: ["g1 a1"],
      again: "pending",
    });
    flush.open();
    expect(await again).toEqual({ kind: "done" });
    expect((await world.store.load("g1" as Gid))?.progress).toMatchObject({ parkedAt: null });
    await settled();
    expect(world.branches.made).toEqual(["g1 a1", "g1 a1"]);
  });

  test("parked when the budget is used up; a person resumes it", async () => {
    const world = aWorld();
    world.branches.auto = () => UNKNOWN;
    await world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: null });
    await world.clock.advance(600_000);
    expect(world.branches.made).toHaveLength(LIMITS.retryBudget);
    expect((await world.store.load("g1" as Gid))?.progress.parkedAt).not.toBeNull();
    expect(world.warnings).toEqual(["parked a transaction; a person must look at it"]);
    world.branches.auto = () => SUCCESS;
    expect(await world.engine.retryNow("g1" as Gid, BY)).toEqual({ kind: "done" });
    await settled();
    expect(await statusOf(world)).toBe("succeed");
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  });
});

test("a call may take as long as its transaction says, or else as long as the server's limit", async () => {
  const world = aWorld();
  await world.engine.submit(saga("g1", { options: { requestTimeoutMs: 7_000 } }), { waitMs: null });
  await world.engine.submit(saga("g2"), { waitMs: null });
  await settled();
  const limits = world.branches.open.map(({ call }) => [call.gid, call.timeoutMs]);
  expect(limits).toEqual([
    ["g1", 7_000],
    ["g2", LIMITS.branchTimeoutMs],
  ]);
});

describe("one write that fails", () => {
  test("is told once, and whoever asked is answered", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    await settled();
    const failure = failing(world);
    const ended = world.engine.forceStop("g1" as Gid, { actor: "ann", reason: "" });
    expect(await nowOf(ended)).toMatchObject({ kind: "refused", code: "unavailable" });
    failure.end();
    expect(world.warnings).toContainEqual(
      expect.stringMatching(/^could not write to the store: .*disk full/),
    );
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  });

  test("of progress ends the drive: what may be stored cannot be written over", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1", { stepCount: 3 }), { waitMs: null });
    await world.branches.answer("a1", SUCCESS);
    const failure = failing(world);
    await world.clock.advance(PROGRESS_DELAY_MS);
    failure.end();
    expect(world.branches.open).toEqual([]);
    world.branches.auto = () => SUCCESS;
    await world.clock.advance(12_000);
    expect(await statusOf(world)).toBe("succeed");
  });

  test("right after the start leaves nothing behind that a stop waits for", async () => {
    const world = aWorld();
    const branches = [aStep(0, { action: "", compensate: "" })];
    let failure = { end: (): void => undefined };
    const write = world.store.write.bind(world.store);
    world.store.write = async (...flush) => {
      const results = await write(...flush);
      failure = failing(world);
      return results;
    };
    await world.engine.submit(saga("g1", { branches }), { waitMs: null });
    await settled();
    failure.end();
    expect(await statusOf(world)).toBe("submitted");
    expect(await nowOf(world.engine.stop())).toBeUndefined();
  });
});

describe("a bug in the middle of a drive", () => {
  test("is told, ends that drive alone, and no stop waits for it", async () => {
    const world = aWorld();
    const damaged = saga("g1", { concurrent: true, orders: { 0: [7] } });
    expect(await world.engine.submit(damaged, { waitMs: null })).toEqual({ kind: "accepted" });
    await settled();
    expect(world.warnings).toContainEqual(expect.stringMatching(/^background work failed: RangeError/));
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
    expect(await nowOf(world.engine.stop())).toBeUndefined();
  });
});
