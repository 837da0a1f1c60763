// Goal: the engine obeys decide, makes durable before it acts, and keeps I1, I2, I6, I8 and I10 through overload,
// lost leases, dead stores and stops.
// Method: the real engine and memory store in a world whose clock and branches move only by hand.
import { describe, expect, test, vi } from "vitest";
import type { Definition, Gid } from "../transaction/model.ts";
import { aDefinition, FAILURE, ONGOING, SUCCESS, UNKNOWN } from "../transaction/saga/saga-fixture.ts";
import { aWorld, GatedStore, LIMITS, ManualClock, settled, type World } from "./engine-fixture.ts";
import { PROGRESS_DELAY_MS, RETAIN_BATCH_MAX } from "./limits.ts";

function saga(gid: string, over: Parameters<typeof aDefinition>[0] = {}): Definition {
  return { ...aDefinition(over), gid: gid as Gid };
}

async function statusOf({ store }: World, gid = "g1"): Promise<string | undefined> {
  return (await store.load(gid as Gid))?.progress.status;
}

/** What a promise has come to by now. */
async function nowOf<T>(promise: Promise<T>): Promise<T | "pending"> {
  await settled();
  return Promise.race([promise, Promise.resolve("pending" as const)]);
}

function gate(): { readonly wait: Promise<void>; open(): void; fail(error: Error): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => undefined);
  return { wait: promise, open: resolve, fail: reject };
}

/** Fails every flush until it is ended. */
function failing(world: World): { end(): void } {
  world.store.gate = Promise.reject(new Error("disk full"));
  world.store.gate.catch(() => undefined);
  return {
    end() {
      world.store.gate = undefined;
    },
  };
}

describe("submit", () => {
  test("I1, I8: neither answered nor called before it is durable", async () => {
    const world = aWorld();
    const flush = gate();
    world.store.gate = flush.wait;
    const answer = world.engine.submit(saga("g1"), { waitMs: null });
    expect(await nowOf(answer)).toBe("pending");
    expect(world.branches.made).toEqual([]);
    flush.open();
    expect(await nowOf(answer)).toEqual({ kind: "accepted" });
    expect(world.branches.made).toEqual(["g1 a1"]);
  });

  test("a two-step saga is two writes: created, finished", async () => {
    const world = aWorld();
    const answer = world.engine.submit(saga("g1"), { waitMs: 5_000 });
    await world.branches.answer("a1", SUCCESS);
    await world.branches.answer("a2", SUCCESS);
    expect(await nowOf(answer)).toEqual({ kind: "succeed" });
    expect(world.store.writes.map(({ kind }) => kind)).toEqual(["create", "update"]);
    expect(await statusOf(world)).toBe("succeed");
  });

  test("progress of a slow one is written while its call is out", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    await world.branches.answer("a1", SUCCESS);
    await world.clock.advance(150);
    const stored = await world.store.load("g1" as Gid);
    expect(stored?.progress.steps.map(({ action }) => action.status)).toEqual(["succeed", "prepared"]);
    await world.branches.answer("a2", SUCCESS);
    expect(await statusOf(world)).toBe("succeed");
  });

  test("I2: no compensation before aborting is durable", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    await settled();
    const flush = gate();
    world.store.gate = flush.wait;
    await world.branches.answer("a1", FAILURE);
    expect(world.branches.made).toEqual(["g1 a1"]);
    flush.open();
    await settled();
    expect(world.branches.made).toEqual(["g1 a1", "g1 c1"]);
  });

  test("rolled back: answers failed with the reason once the compensations are done", async () => {
    const world = aWorld();
    const answer = world.engine.submit(saga("g1"), { waitMs: 5_000 });
    await world.branches.answer("a1", FAILURE);
    expect(await nowOf(answer)).toBe("pending");
    await world.branches.answer("c1", SUCCESS);
    const reason = "url:http://b/a1 return failed: no money FAILURE";
    expect(await nowOf(answer)).toEqual({ kind: "failed", status: "failed", reason });
  });

  test("the wait ends: decided is failed, undecided is ongoing, and it goes on", async () => {
    const world = aWorld();
    const slow = world.engine.submit(saga("slow"), { waitMs: 2_000 });
    const undone = world.engine.submit(saga("undone"), { waitMs: 2_000 });
    await world.branches.answer("a1", FAILURE, "undone");
    await world.clock.advance(2_000);
    expect(await nowOf(slow)).toEqual({ kind: "ongoing", status: "submitted" });
    expect(await nowOf(undone)).toMatchObject({ kind: "failed" });
    await world.branches.answer("a1", SUCCESS, "slow");
    await world.branches.answer("a2", SUCCESS, "slow");
    expect(await statusOf(world, "slow")).toBe("succeed");
  });

  test("the wait is capped, and ends when the caller goes away", async () => {
    const world = aWorld({ limits: { waitMsMax: 1_000 } });
    const capped = world.engine.submit(saga("g1"), { waitMs: 1e9 });
    const gone = new AbortController();
    const left = world.engine.submit(saga("g2"), { waitMs: 1_000, signal: gone.signal });
    await settled();
    gone.abort();
    expect(await nowOf(left)).toMatchObject({ kind: "ongoing" });
    expect(await nowOf(capped)).toBe("pending");
    await world.clock.advance(1_000);
    expect(await nowOf(capped)).toMatchObject({ kind: "ongoing" });
  });

  test("I7: repeats run nothing twice; each may wait; other content is refused", async () => {
    const world = aWorld();
    const first = world.engine.submit(saga("g1"), { waitMs: 5_000 });
    const second = world.engine.submit(saga("g1"), { waitMs: 5_000 });
    expect(await world.engine.submit(saga("g1"), { waitMs: null })).toEqual({ kind: "accepted" });
    expect(await world.engine.submit(saga("g1", { stepCount: 3 }), { waitMs: 5_000 })).toMatchObject({
      kind: "refused",
      code: "gid_conflict",
    });
    await world.branches.answer("a1", SUCCESS);
    await world.branches.answer("a2", SUCCESS);
    expect(await nowOf(first)).toEqual({ kind: "succeed" });
    expect(await nowOf(second)).toEqual({ kind: "succeed" });
    expect(world.branches.made).toEqual(["g1 a1", "g1 a2"]);
    expect(await world.engine.submit(saga("g1"), { waitMs: 5_000 })).toEqual({
      kind: "refused",
      code: "wrong_status",
      message: "current status 'succeed', cannot sumbmit. FAILURE",
      status: "succeed",
    });
  });

  test("prepared waits for its submit, which runs what was prepared", async () => {
    const world = aWorld();
    expect(await world.engine.prepare(saga("g1"))).toEqual({ kind: "done" });
    expect(await world.engine.prepare(saga("g1"))).toEqual({ kind: "done" });
    await world.clock.advance(100_000);
    expect(world.branches.made).toEqual([]);
    const answer = world.engine.submit(saga("g1"), { waitMs: 5_000 });
    await world.branches.answer("a1", SUCCESS);
    await world.branches.answer("a2", SUCCESS);
    expect(await nowOf(answer)).toEqual({ kind: "succeed" });
    expect(await world.engine.prepare(saga("g1"))).toMatchObject({ code: "wrong_status" });
  });

  test("64 at once share flushes", async () => {
    const world = aWorld({ limits: { inFlightMax: 100 } });
    let flushes = 0;
    const write = world.store.write.bind(world.store);
    world.store.write = (...args) => {
      flushes += 1;
      return write(...args);
    };
    world.branches.auto = () => SUCCESS;
    const answers = Array.from({ length: 64 }, (_, i) =>
      world.engine.submit(saga(`g${i}`), { waitMs: 5_000 }),
    );
    expect(new Set((await Promise.all(answers)).map(({ kind }) => kind))).toEqual(new Set(["succeed"]));
    expect(flushes).toBeLessThanOrEqual(4);
  });
});

describe("limits (I10)", () => {
  test("N are in flight, M wait their turn, the next is refused and not stored", async () => {
    const world = aWorld({ limits: { inFlightMax: 2, waitingMax: 1 } });
    for (const gid of ["g1", "g2", "g3"]) {
      expect(await world.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null })).toEqual({
        kind: "accepted",
      });
    }
    expect(world.engine.occupancy).toEqual({ inFlight: 2, waiting: 1 });
    expect(await world.engine.submit(saga("g4"), { waitMs: null })).toMatchObject({ code: "overloaded" });
    expect(await statusOf(world, "g4")).toBeUndefined();
    await settled();
    expect(world.branches.made).toEqual(["g1 a1", "g2 a1"]);
    await world.branches.answer("a1", SUCCESS, "g1");
    expect(world.branches.made).toEqual(["g1 a1", "g2 a1", "g3 a1"]);
    await world.branches.answer("a1", SUCCESS, "g2");
    await world.branches.answer("a1", SUCCESS, "g3");
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  });

  test("refused and repeated submits give their places back", async () => {
    const world = aWorld({ limits: { inFlightMax: 2, waitingMax: 0 } });
    await world.engine.submit(saga("g1"), { waitMs: null });
    for (let i = 0; i < 5; i += 1) {
      expect(await world.engine.submit(saga("g1"), { waitMs: null })).toEqual({ kind: "accepted" });
      expect(await world.engine.submit(saga("g1", { stepCount: 3 }), { waitMs: null })).toMatchObject({
        code: "gid_conflict",
      });
    }
    expect(world.engine.occupancy).toEqual({ inFlight: 1, waiting: 0 });
  });

  test("one that is ended while it waits in the line leaves no hole", async () => {
    const world = aWorld({ limits: { inFlightMax: 1, waitingMax: 2 } });
    for (const gid of ["g1", "g2", "g3"])
      await world.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null });
    expect(await world.engine.forceStop("g2" as Gid, { actor: "ann", reason: "test" })).toEqual({
      kind: "done",
    });
    await world.branches.answer("a1", SUCCESS, "g1");
    expect(world.branches.made).toEqual(["g1 a1", "g3 a1"]);
    expect(world.engine.occupancy).toEqual({ inFlight: 1, waiting: 0 });
    await world.branches.answer("a1", SUCCESS, "g3");
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  });

  test("those that wait for a retry take no place", async () => {
    const world = aWorld({ limits: { inFlightMax: 1, waitingMax: 0 } });
    await world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: null });
    await world.branches.answer("a1", UNKNOWN);
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
    expect(await world.engine.submit(saga("g2", { stepCount: 1 }), { waitMs: null })).toEqual({
      kind: "accepted",
    });
    await world.clock.advance(1_500);
    expect(world.branches.made).toEqual(["g1 a1", "g2 a1"]);
    await world.branches.answer("a1", SUCCESS, "g2");
    await world.clock.advance(10);
    expect(world.branches.made).toEqual(["g1 a1", "g2 a1", "g1 a1"]);
  });
});

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
    world.branches.auto = () => ({ kind: "not called" });
    const limited = saga("g1", { stepCount: 1, options: { retryLimit: 1 } });
    await world.engine.submit(limited, { waitMs: null });
    await world.clock.advance(5_000);
    const stored = await world.store.load("g1" as Gid);
    expect(stored?.progress).toMatchObject({ status: "submitted", parkedAt: null, retryCount: 0 });
    expect(stored?.progress.steps[0]?.action).toMatchObject({ mayHaveRun: false, attemptCount: 0 });
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
    const again = world.engine.retryNow("g1" as Gid);
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
    expect(await world.engine.retryNow("g1" as Gid)).toEqual({ kind: "done" });
    await settled();
    expect(await statusOf(world)).toBe("succeed");
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  });
});

describe("people", () => {
  test("forceStop of one in flight cuts its calls off; of one that waits, too", async () => {
    const world = aWorld();
    await world.engine.submit(saga("flying"), { waitMs: null });
    await world.engine.submit(saga("waiting"), { waitMs: null });
    await world.branches.answer("a1", UNKNOWN, "waiting");
    const [out] = world.branches.open;
    for (const gid of ["flying", "waiting"]) {
      expect(await world.engine.forceStop(gid as Gid, { actor: "ann", reason: "test" })).toEqual({
        kind: "done",
      });
      expect(await statusOf(world, gid)).toBe("failed");
      expect(await world.engine.forceStop(gid as Gid, { actor: "ann", reason: "test" })).toMatchObject({
        code: "wrong_status",
      });
    }
    expect(out?.signal.aborted).toBe(true);
    await world.clock.advance(60_000);
    expect(world.branches.made).toHaveLength(2);
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  });

  test("I6: two people at once ask for the next attempt, and it is one attempt", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    await world.branches.answer("a1", UNKNOWN);
    const asked = [world.engine.retryNow("g1" as Gid), world.engine.retryNow("g1" as Gid)];
    expect(await Promise.all(asked)).toEqual([{ kind: "done" }, { kind: "done" }]);
    await settled();
    expect(world.branches.made).toEqual(["g1 a1", "g1 a1"]);
    expect(world.warnings).toEqual([]);
  });

  test("I10: asking for the next attempt of many is refused when all places and turns are taken", async () => {
    const world = aWorld({ limits: { inFlightMax: 1, waitingMax: 1 } });
    const gids = ["g1", "g2", "g3"] as Gid[];
    for (const gid of gids) {
      await world.engine.submit(saga(gid), { waitMs: null });
      await world.branches.answer("a1", UNKNOWN, gid);
    }
    const answers: unknown[] = [];
    for (const gid of gids) answers.push(await world.engine.retryNow(gid));
    expect(answers).toMatchObject([
      { kind: "done" },
      { kind: "done" },
      { kind: "refused", code: "overloaded" },
    ]);
    // Ending one is never refused: it makes room.
    expect(await world.engine.forceStop("g3" as Gid, { actor: "me", reason: "" })).toEqual({ kind: "done" });
  });

  test("an unknown gid, and an abort of a saga, are refused in dtm's words", async () => {
    const { engine } = aWorld();
    const message = "no TransGlobal with gid: nope found";
    expect(await engine.abort("nope" as Gid)).toEqual({
      kind: "refused",
      code: "unknown_gid",
      message,
    });
    expect(await engine.retryNow("nope" as Gid)).toMatchObject({ code: "unknown_gid", message });
    await engine.submit(saga("g1"), { waitMs: null });
    expect(await engine.abort("g1" as Gid)).toMatchObject({
      message: "trans type: 'saga' current status 'submitted', cannot abort. FAILURE",
    });
  });
});

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
    // The first one's own clock stands still: it is as good as dead, its calls are out for ever.
    const one = aWorld({ store });
    const two = aWorld({ store, owner: "two" });
    await one.engine.submit(saga("g1"), { waitMs: null });
    await two.clock.advance(2_000);
    expect([...one.branches.made, ...two.branches.made]).toEqual(["g1 a1"]);
    await storeClock.advance(LIMITS.leaseMs + 1);
    await two.clock.advance(2_000);
    expect(two.branches.made).toEqual(["g1 a1"]);
    // It comes back to life: what it hears now must not count.
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

describe("a long line", () => {
  const LENGTH = 10_000;
  const gids = Array.from({ length: LENGTH }, (_, i) => `g${i}`);

  async function submitted(world: World, host: (index: number) => string): Promise<void> {
    const accepted = gids.map((gid, index) => {
      const action = `http://${host(index)}/a`;
      const steps = [{ action, compensate: action, payload: new Uint8Array() }];
      return world.engine.submit(saga(gid, { steps }), { waitMs: null });
    });
    expect((await Promise.all(accepted)).every(({ kind }) => kind === "accepted")).toBe(true);
    await settled();
  }

  test("for one destination: each is called once, and nothing is left behind", async () => {
    const limits = { inFlightMax: 10, waitingMax: 3 * LENGTH, callsPerDestinationMax: 2, leaseMs: 3_600_000 };
    const world = aWorld({ limits });
    // Five destinations with two calls each fill all places; all that follow are for the first of them.
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
    const world = aWorld({ limits: { inFlightMax: 10, waitingMax: 2 * LENGTH } });
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

  /** One step, at a service of its own choice. */
  function at(host: string, gid: string, over: Parameters<typeof saga>[1] = {}): Definition {
    const steps = [{ action: `http://${host}/a`, compensate: `http://${host}/c`, payload: new Uint8Array() }];
    return saga(gid, { steps, ...over });
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
      steps: [{ action: { attemptCount: 0, attempts: [] } }],
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
    const steps = ["slow", "quick"].map((host) => ({
      ...{ action: `http://${host}/a`, compensate: "" },
      payload: new Uint8Array(),
    }));
    const answer = world.engine.submit(saga("both", { steps, concurrent: true }), { waitMs: 60_000 });
    await settled();
    expect(world.engine.occupancy).toEqual({ inFlight: 3, waiting: 0 });
    await world.branches.answer("a2", SUCCESS, "both");
    expect(world.engine.occupancy).toEqual({ inFlight: 2, waiting: 1 });
    await world.branches.answer("a1", SUCCESS, "slow2");
    await world.branches.answer("a1", SUCCESS, "both");
    expect(await nowOf(answer)).toEqual({ kind: "succeed" });
  });
});

describe("what others left behind", () => {
  test("is claimed at once, as much as there is room for, without waiting for the next look", async () => {
    const dead = aWorld({ limits: { inFlightMax: 1_000 } });
    const gids = Array.from({ length: 450 }, (_, i) => `g${i}`);
    await Promise.all(gids.map((gid) => dead.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null })));
    const storeClock = dead.clock;
    dead.store.renew = () => new Promise<never>(() => undefined);
    dead.store.traits.exclusive = true; // as after a restart: the leases of the dead are void
    const next = aWorld({ store: dead.store, limits: { inFlightMax: 1_000, pollMs: 60_000 }, owner: "two" });
    await next.clock.advance(10);
    expect(next.branches.made).toHaveLength(450);
    expect(storeClock.now()).toBe(1_000_000);
  });

  test("is claimed many at a time, also while there is more than there is room for", async () => {
    const dead = aWorld({ limits: { inFlightMax: 1_000 } });
    const gids = Array.from({ length: 1_000 }, (_, i) => `g${i}`);
    await Promise.all(gids.map((gid) => dead.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null })));
    dead.store.renew = () => new Promise<never>(() => undefined);
    dead.store.traits.exclusive = true;
    let claimCount = 0;
    const claimDue = dead.store.claimDue.bind(dead.store);
    dead.store.claimDue = (request) => {
      claimCount += 1;
      return claimDue(request);
    };
    const next = aWorld({ store: dead.store, limits: { inFlightMax: 100, waitingMax: 1 }, owner: "two" });
    // Each millisecond five branches answer.
    for (let ms = 0; next.branches.made.length < 1_000 && ms < 1_000; ms += 1) {
      await next.clock.advance(1);
      for (const { answer } of next.branches.open.slice(0, 5)) answer(SUCCESS);
    }
    expect(next.branches.made).toHaveLength(1_000);
    expect(claimCount).toBeLessThan(50);
  });

  test("finished ones are deleted after their time, in batches", async () => {
    const world = aWorld({ limits: { inFlightMax: 2_000, retainMs: 3_600_000 } });
    world.branches.auto = () => SUCCESS;
    const gids = Array.from({ length: RETAIN_BATCH_MAX + 1 }, (_, i) => `g${i}`);
    await Promise.all(gids.map((gid) => world.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null })));
    await world.clock.advance(3_500_000);
    expect(await statusOf(world, "g0")).toBe("succeed");
    await world.clock.advance(200_000);
    await settled();
    expect(await world.engine.list({ limit: 9 })).toEqual([]);
  });
});

describe("a store that fails", () => {
  test("submit is refused as unavailable; nothing is called", async () => {
    const world = aWorld();
    const flush = gate();
    world.store.gate = flush.wait;
    const answer = world.engine.submit(saga("g1"), { waitMs: 5_000 });
    await settled();
    flush.fail(new Error("disk full"));
    expect(await nowOf(answer)).toMatchObject({ kind: "refused", code: "unavailable" });
    expect(world.branches.made).toEqual([]);
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
    world.store.gate = undefined;
    expect(await world.engine.submit(saga("g1"), { waitMs: null })).toEqual({ kind: "accepted" });
  });

  test("an end that could not be written is reached again after the lease", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1", { stepCount: 1 }), { waitMs: null });
    await settled();
    const flush = gate();
    world.store.gate = flush.wait;
    await world.branches.answer("a1", SUCCESS);
    flush.fail(new Error("disk full"));
    await settled();
    world.store.gate = undefined;
    expect(await statusOf(world)).toBe("submitted");
    world.branches.auto = () => SUCCESS;
    await world.clock.advance(12_000);
    expect(await statusOf(world)).toBe("succeed");
    expect(world.branches.made).toEqual(["g1 a1", "g1 a1"]);
  });
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
    const steps = [{ action: "", compensate: "", payload: new Uint8Array() }];
    let failure = { end: (): void => undefined };
    const write = world.store.write.bind(world.store);
    world.store.write = async (...flush) => {
      const results = await write(...flush);
      failure = failing(world);
      return results;
    };
    await world.engine.submit(saga("g1", { steps }), { waitMs: null });
    await settled();
    failure.end();
    expect(await statusOf(world)).toBe("submitted");
    expect(await nowOf(world.engine.stop())).toBeUndefined();
  });
});

describe("a bug in the middle of a drive", () => {
  test("is told, ends that drive alone, and no stop waits for it", async () => {
    const world = aWorld();
    const damaged = { ...saga("g1", { concurrent: true }), orders: { 0: [7] } };
    expect(await world.engine.submit(damaged, { waitMs: null })).toEqual({ kind: "accepted" });
    await settled();
    expect(world.warnings).toContainEqual(expect.stringMatching(/^background work failed: RangeError/));
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
    expect(await nowOf(world.engine.stop())).toBeUndefined();
  });
});

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
    expect(stored?.progress.steps[0]?.action).toMatchObject({ mayHaveRun: true, unknownCount: 0 });
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
    expect(await world.engine.retryNow("parked" as Gid)).toMatchObject({ code: "unavailable" });
    const ended = world.engine.forceStop("parked" as Gid, { actor: "ann", reason: "" });
    expect(await ended).toMatchObject({ code: "unavailable" });
    expect(world.branches.made).toEqual(["parked a1", "running a1"]);
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
