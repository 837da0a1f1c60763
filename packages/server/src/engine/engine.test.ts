// Goal: a request is durable before the engine answers it or acts on it (I1, I2, I7, I8); the engine takes on no more
// than it has room for (I10), and answers also when the store fails.
// Method: the real engine and memory store in a world whose clock and branches move only by hand.
import { describe, expect, test } from "vitest";
import type { Gid } from "../transaction/model.ts";
import { FAILURE, SUCCESS, saga, UNKNOWN } from "../transaction/saga/saga-fixture.ts";
import { aWorld, BY, gate, LIMITS, nowOf, settled, statusOf } from "./engine-fixture.ts";

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
    expect(stored?.progress.branches.map(({ action }) => action?.status)).toEqual(["succeed", "prepared"]);
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

  test.for([
    ["unknown", { kind: "unknown", cause: "ECONNREFUSED" }],
    ["ongoing", { kind: "ongoing" }],
    ["failure, which a compensation cannot answer", FAILURE],
  ] as const)("rolled back: answers failed as soon as a compensation meets %s", async ([, outcome]) => {
    const world = aWorld();
    const answer = world.engine.submit(saga("g1"), { waitMs: 60_000 });
    await world.branches.answer("a1", SUCCESS);
    await world.branches.answer("a2", FAILURE);
    await world.branches.answer("c2", SUCCESS);
    expect(await nowOf(answer)).toBe("pending");
    await world.branches.answer("c1", outcome);
    const reason = "url:http://b/a2 return failed: no money FAILURE";
    expect(await nowOf(answer)).toEqual({ kind: "failed", status: "aborting", reason });
  });

  test("going forward, an answer that settles nothing ends no wait", async () => {
    const world = aWorld();
    const answer = world.engine.submit(saga("g1"), { waitMs: 60_000 });
    await world.branches.answer("a1", { kind: "ongoing" });
    expect(await nowOf(answer)).toBe("pending");
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

  test("a submit with the gid alone runs what was prepared, with the options of both", async () => {
    const world = aWorld({ limits: { inHandBytesMax: 1 } });
    const { definition, branches } = saga("g1");
    const stored = { ...definition.options, retryLimit: 3, branchHeaders: { "x-a": "1" } };
    await world.engine.prepare({
      definition: { ...definition, protocol: "grpc", options: stored },
      branches,
    });
    const given = { ...definition.options, requestTimeoutMs: 7_000 };
    const short = { definition: { ...definition, options: given }, branches: [] };
    const answer = world.engine.submit(short, { waitMs: 5_000 });
    await settled();
    expect((await world.engine.load(definition.gid))?.definition).toMatchObject({
      protocol: "grpc",
      options: { ...stored, requestTimeoutMs: 7_000 },
    });
    // A repeat names the same transaction.
    expect(await world.engine.submit(short, { waitMs: null })).toMatchObject({ code: "overloaded" });
    await world.branches.answer("a1", SUCCESS);
    await world.branches.answer("a2", SUCCESS);
    expect(await nowOf(answer)).toEqual({ kind: "succeed" });
    // All bytes are given back, no more and no less: the next one fits, and one beside it does not.
    expect(await world.engine.submit(saga("g2"), { waitMs: null })).toEqual({ kind: "accepted" });
    expect(await world.engine.submit(saga("g3"), { waitMs: null })).toMatchObject({ code: "overloaded" });
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
    const asked = [world.engine.retryNow("g1" as Gid, BY), world.engine.retryNow("g1" as Gid, BY)];
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
    for (const gid of gids) answers.push(await world.engine.retryNow(gid, BY));
    expect(answers).toMatchObject([
      { kind: "done" },
      { kind: "done" },
      { kind: "refused", code: "overloaded" },
    ]);
    // A force stop is never refused for lack of room: it makes room.
    expect(await world.engine.forceStop("g3" as Gid, { actor: "me", reason: "" })).toEqual({ kind: "done" });
  });

  test("a person has a parked saga rolled back: what may have run is undone, and observers hear who did it", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    await world.branches.answer("a1", SUCCESS);
    for (let call = 0; call < LIMITS.retryBudget; call += 1) {
      await world.branches.answer("a2", UNKNOWN);
      await world.clock.advance(60_000);
    }
    expect((await world.store.load("g1" as Gid))?.progress.parkedAt).not.toBeNull();
    expect(await world.engine.rollBack("g1" as Gid, BY)).toEqual({ kind: "done" });
    await world.branches.answer("c2", SUCCESS);
    await world.branches.answer("c1", SUCCESS);
    expect(await statusOf(world)).toBe("failed");
    expect(world.events).toContainEqual({ kind: "operated", gid: "g1", action: "rollBack", ...BY });
    expect(await world.engine.rollBack("g1" as Gid, BY)).toEqual({ kind: "done" });
  });

  const A1 = { branchId: "01", op: "action", outcome: "success" } as const;

  test("a person takes an op as done, and the saga goes on with the next step", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    await world.branches.answer("a1", UNKNOWN);
    expect(await world.engine.takeAsDone("g1" as Gid, A1, BY)).toEqual({ kind: "done" });
    await world.branches.answer("a2", SUCCESS);
    expect(world.branches.made).toEqual(["g1 a1", "g1 a2"]);
    const stored = await world.store.load("g1" as Gid);
    expect(stored?.progress.status).toBe("succeed");
    expect(stored?.progress.branches[0]?.["action"]?.takenBy).toEqual({ ...BY, at: world.clock.now() });
    expect(world.events).toContainEqual({ kind: "operated", gid: "g1", action: "takeAsDone", ...A1, ...BY });
  });

  test("an op whose call began after its record was written is not taken as done", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    await settled();
    // The record says that nothing was called yet; the call is out.
    expect((await world.store.load("g1" as Gid))?.progress.branches[0]).toEqual({});
    expect(await world.engine.takeAsDone("g1" as Gid, A1, BY)).toMatchObject({
      kind: "refused",
      code: "unavailable",
    });
    expect(world.events.filter(({ kind }) => kind === "operated")).toEqual([]);
    await world.branches.answer("a1", FAILURE);
    expect(await statusOf(world)).toBe("aborting");
  });

  test("I6: a submit leaves a prepared saga alone that another coordinator holds", async () => {
    const world = aWorld();
    await world.engine.prepare(saga("g1"));
    await world.store.claim({ gid: "g1" as Gid, owner: "two", leaseMs: 10_000 });
    expect(await world.engine.submit(saga("g1"), { waitMs: null })).toMatchObject({
      code: "unavailable",
      message: "another coordinator is working on the transaction 'g1'; ask again in a moment",
    });
    expect(await world.store.load("g1" as Gid)).toMatchObject({ version: 2 });
    expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  });

  test("an unknown gid, and an abort of a saga, are refused in dtm's words", async () => {
    const { engine } = aWorld();
    const message = "no TransGlobal with gid: nope found";
    expect(await engine.abort("nope" as Gid, { reason: "" })).toEqual({
      kind: "refused",
      code: "unknown_gid",
      message,
    });
    expect(await engine.retryNow("nope" as Gid, BY)).toMatchObject({ code: "unknown_gid", message });
    await engine.submit(saga("g1"), { waitMs: null });
    expect(await engine.abort("g1" as Gid, { reason: "" })).toMatchObject({
      message: "trans type: 'saga' current status 'submitted', cannot abort. FAILURE",
    });
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
