// Goal: every rule of the saga (design I1 to I5, protocol 5.2) has a row that fails without the rule.
// Method: tables over the pure decide; `play` answers every call at once by script.
import { describe, expect, test } from "vitest";
import { createTransaction } from "../create.ts";
import { accept, decide } from "../decide.ts";
import { ATTEMPTS_KEPT_MAX } from "../limits.ts";
import type { BranchOutcome, EpochMs, Transaction } from "../model.ts";
import { takeOver } from "../take-over.ts";
import {
  answer,
  aSaga,
  aStep,
  askedSaga,
  at,
  callsOf,
  FAILURE,
  ONGOING,
  POLICY,
  play,
  rowsOf,
  SUCCESS,
  UNKNOWN,
} from "./saga-fixture.ts";

const reason = "url:http://b/a2 return failed: no money FAILURE";

describe("a saga that is answered at once", () => {
  test.for([
    ["both succeed", {}, {}, "succeed", "PSPS", ["a1", "a2"], ""],
    [
      "step 2 fails: it and step 1 are compensated in reverse",
      {},
      { a2: [FAILURE] },
      "failed",
      "SSSF",
      ["a1", "a2", "c2", "c1"],
      reason,
    ],
    [
      "step 1 fails: step 2 never ran and is left alone",
      {},
      { a1: [FAILURE] },
      "failed",
      "SFPP",
      ["a1", "c1"],
      "url:http://b/a1 return failed: no money FAILURE",
    ],
    [
      "unknown is asked again, not rolled back (I5)",
      {},
      { a1: [UNKNOWN, UNKNOWN] },
      "succeed",
      "PSPS",
      ["a1", "a1", "a1", "a2"],
      "",
    ],
    [
      "ongoing is polled",
      {},
      { a2: [ONGOING, ONGOING, ONGOING] },
      "succeed",
      "PSPS",
      ["a1", "a2", "a2", "a2", "a2"],
      "",
    ],
    [
      "a compensation's FAILURE is asked again",
      {},
      { a2: [FAILURE], c1: [FAILURE] },
      "failed",
      "SSSF",
      ["a1", "a2", "c2", "c1", "c1"],
      reason,
    ],
    [
      "a compensation that is unknown is asked again",
      {},
      { a2: [FAILURE], c2: [UNKNOWN] },
      "failed",
      "SSSF",
      ["a1", "a2", "c2", "c2", "c1"],
      reason,
    ],
    ["no steps: succeeds at once", { stepCount: 0 }, {}, "succeed", "", [], ""],
    [
      "concurrent with order: 1 after 0",
      { concurrent: true, orders: { 1: [0] } },
      {},
      "succeed",
      "PSPS",
      ["a1", "a2"],
      "",
    ],
    [
      "concurrent, first fails: the one behind it never ran",
      { concurrent: true, orders: { 1: [0] } },
      { a1: [FAILURE] },
      "failed",
      "SFPP",
      ["a1", "c1"],
      "url:http://b/a1 return failed: no money FAILURE",
    ],
    [
      "concurrent, order {1:[0]}, step 1 fails",
      { concurrent: true, orders: { 1: [0] } },
      { a2: [FAILURE] },
      "failed",
      "SSSF",
      ["a1", "a2", "c2", "c1"],
      reason,
    ],
    [
      "orders {0:[1,2]}: 2 and 3 first, then 1",
      { stepCount: 3, concurrent: true, orders: { 0: [1, 2] } },
      {},
      "succeed",
      "PSPSPS",
      ["a2", "a3", "a1"],
      "",
    ],
    [
      "reverse of the order graph: unrelated ones side by side",
      { stepCount: 3, concurrent: true, orders: { 0: [1, 2] } },
      { a1: [FAILURE] },
      "failed",
      "SFSSSS",
      ["a2", "a3", "a1", "c1", "c2", "c3"],
      "url:http://b/a1 return failed: no money FAILURE",
    ],
    [
      "retry_limit 3, three unknown, then success",
      { stepCount: 1, options: { retryLimit: 3 } },
      { a1: [UNKNOWN, UNKNOWN, UNKNOWN] },
      "succeed",
      "PS",
      ["a1", "a1", "a1", "a1"],
      "",
    ],
    [
      "retry_limit 1 is passed: rolled back",
      { options: { retryLimit: 1 } },
      { a2: [UNKNOWN, UNKNOWN, UNKNOWN] },
      "failed",
      "SSSP",
      ["a1", "a2", "a2", "c2", "c1"],
      "RetryCount is greater than RetryLimit, RetryLimit: 1",
    ],
    [
      "ongoing does not count against retry_limit",
      { stepCount: 1, options: { retryLimit: 1 } },
      { a1: [ONGOING, ONGOING, ONGOING, UNKNOWN] },
      "succeed",
      "PS",
      ["a1", "a1", "a1", "a1", "a1"],
      "",
    ],
    [
      "timeout: what was called is compensated",
      { options: { timeoutToFailMs: 2_500 } },
      { a2: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN] },
      "failed",
      "SSSP",
      ["a1", "a2", "a2", "c2", "c1"],
      "Timeout after 2.5 seconds",
    ],
  ] as const)("%s", ([, over, script, status, rows, calls, why]) => {
    const end = play(aSaga(over), script);
    expect(end.saga.progress.status).toBe(status);
    expect(rowsOf(end.saga)).toBe(rows);
    expect(end.calls).toEqual(calls);
    expect(end.saga.progress.reason).toBe(why);
    expect(end.saga.progress.nextRunAt).toBeNull();
    expect(end.saga.progress.finishedAt).toBe(end.now);
  });

  test("empty URLs succeed without a call, forward and back", () => {
    const none = (index: number) => aStep(index, { action: "", compensate: "" });
    expect(play(aSaga({ branches: [none(0), none(1)] }))).toMatchObject({
      calls: [],
      saga: { progress: { status: "succeed" } },
    });
    const back = play(aSaga({ branches: [none(0), aStep(1)] }), { a2: [FAILURE] });
    expect(back.calls).toEqual(["a2", "c2"]);
    expect(rowsOf(back.saga)).toBe("SSSF");
  });
});

describe("what must be durable first", () => {
  const started = decide(aSaga(), { kind: "drive" }, at(1));

  test("progress between the two durable moments is lazy, and the lease is kept", () => {
    expect(started).toMatchObject({ persist: "lazy", hold: true });
    expect(callsOf(started)).toEqual(["a1"]);
    const second = decide(started.next, answer(0, "action", SUCCESS), at(2));
    expect(second).toMatchObject({ persist: "lazy", hold: true });
    expect(callsOf(second)).toEqual(["a2"]);
  });

  test("I2: aborting is durable before the first compensation", () => {
    const aborting = decide(started.next, answer(0, "action", FAILURE), at(2));
    expect(aborting.next.progress.status).toBe("aborting");
    expect(aborting.persist).toBe("first");
    expect(callsOf(aborting)).toEqual(["c1"]);
  });

  test("the end is durable and lets the lease go", () => {
    const end = decide(aSaga({ stepCount: 0 }), { kind: "drive" }, at(1));
    expect(end).toMatchObject({ persist: "first", hold: false, effects: [] });
  });

  test("waiting for a retry lets the lease go, with the time of the next run stored", () => {
    const waiting = decide(started.next, answer(0, "action", UNKNOWN), at(10));
    expect(waiting).toMatchObject({ persist: "first", hold: false });
    expect(waiting.next.progress.nextRunAt).toBe(1_010);
    expect(waiting.effects).toEqual([{ kind: "wake", at: 1_010 }]);
  });
});

describe("calls that are out", () => {
  test("no op is called while its call is out, whatever happens", () => {
    const started = decide(aSaga({ concurrent: true }), { kind: "drive" }, at(1));
    expect(callsOf(started)).toEqual(["a1", "a2"]);
    expect(callsOf(decide(started.next, { kind: "drive" }, at(2)))).toEqual([]);
    expect(callsOf(decide(started.next, { kind: "retryNow" }, at(2)))).toEqual([]);
  });

  test("a compensation waits for the calls of its own action, and the answer is kept", () => {
    const started = decide(aSaga({ concurrent: true }), { kind: "drive" }, at(1));
    const aborting = decide(started.next, answer(1, "action", FAILURE), at(2));
    expect(callsOf(aborting)).toEqual(["c2"]);
    const late = decide(aborting.next, answer(0, "action", SUCCESS), at(3));
    expect(callsOf(late)).toEqual(["c1"]);
    expect(rowsOf(late.next)).toBe("PSPF");
  });

  const NOT_CALLED = { kind: "notCalled", branch: 0, op: "action" } as const;

  test("one that was never made leaves nothing to roll back, unless an earlier one did", () => {
    const limited = aSaga({ options: { timeoutToFailMs: 100 } });
    const started = decide(limited, { kind: "drive" }, at(0));
    const first = started.effects.filter((effect) => effect.kind === "call");
    expect(first).toEqual([{ kind: "call", branch: 0, op: "action", mayHaveRun: false }]);
    const untouched = decide(started.next, { ...NOT_CALLED, mayHaveRun: false }, at(100));
    expect(untouched.next.progress.status).toBe("failed");

    const unknown = decide(started.next, answer(0, "action", UNKNOWN), at(1));
    const again = decide(unknown.next, { kind: "retryNow" }, at(2));
    expect(again.effects).toContainEqual({ kind: "call", branch: 0, op: "action", mayHaveRun: true });
    const touched = decide(again.next, { ...NOT_CALLED, mayHaveRun: true }, at(100));
    expect(callsOf(touched)).toEqual(["c1"]);
  });

  test("the next attempt that a person asked for is durable before it is made", () => {
    const once = (now: number) => ({ ...at(now), policy: { ...at(now).policy, retryBudget: 1 } });
    const started = decide(aSaga(), { kind: "drive" }, once(1));
    const parked = decide(started.next, answer(0, "action", UNKNOWN), once(2));
    expect(parked.next.progress.parkedAt).toBe(2);
    const again = decide(parked.next, { kind: "retryNow" }, once(3));
    expect(again).toMatchObject({ persist: "first", hold: true });
    expect(again.next.progress).toMatchObject({ parkedAt: null, nextRunAt: 3 });
    expect(callsOf(again)).toEqual(["a1"]);
  });

  test("one that was never made counts for nothing, and is tried again", () => {
    const started = decide(aSaga({ options: { retryLimit: 1 } }), { kind: "drive" }, at(1));
    const back = decide(started.next, { ...NOT_CALLED, mayHaveRun: false }, at(5));
    expect(back).toMatchObject({ persist: "first", hold: false, effects: [{ kind: "wake", at: 1_005 }] });
    expect(back.next.progress).toMatchObject({ retryCount: 0, nextRunAt: 1_005 });
    expect(back.next.progress.branches[0]?.["action"]).toMatchObject({
      attemptCount: 0,
      unknownCount: 0,
      inFlight: false,
    });
    const twice = decide(back.next, { ...NOT_CALLED, mayHaveRun: false }, at(6));
    expect(twice.next).toBe(back.next);
  });

  test("an answer nobody waits for changes nothing", () => {
    const started = decide(aSaga(), { kind: "drive" }, at(1));
    const told = decide(started.next, answer(0, "action", SUCCESS), at(2));
    const twice = decide(told.next, answer(0, "action", FAILURE), at(3));
    expect(twice).toMatchObject({ persist: "none", hold: true, effects: [] });
    expect(twice.next).toBe(told.next);
  });

  test("the timeout is noticed while a call is out, and waits for its answer before compensating", () => {
    const started = decide(aSaga({ options: { timeoutToFailMs: 100 } }), { kind: "drive" }, at(0));
    expect(started.effects).toContainEqual({ kind: "wake", at: 100 });
    const timedOut = decide(started.next, { kind: "drive" }, at(100));
    expect(timedOut.next.progress.status).toBe("aborting");
    expect(callsOf(timedOut)).toEqual([]);
    expect(callsOf(decide(timedOut.next, answer(0, "action", SUCCESS), at(101)))).toEqual(["c1"]);
  });

  test("all actions succeeded wins over a timeout at the same moment", () => {
    const started = decide(
      aSaga({ stepCount: 1, options: { timeoutToFailMs: 100 } }),
      { kind: "drive" },
      at(0),
    );
    expect(decide(started.next, answer(0, "action", SUCCESS), at(100)).next.progress.status).toBe("succeed");
  });
});

describe("take-over", () => {
  const midway = decide(aSaga({ stepCount: 3 }), { kind: "drive" }, at(1)).next;

  test("of one that was let go: goes on where it was", () => {
    const taken = decide(takeOver(midway, false), { kind: "drive" }, at(5));
    expect(callsOf(taken)).toEqual(["a1"]);
    expect(taken.next.progress.branches.map(({ action }) => action?.mayHaveRun === true)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("I4: of one that was abandoned: any action may have run, and all are compensated", () => {
    const taken = decide(takeOver(midway, true), { kind: "drive" }, at(5));
    expect(callsOf(taken)).toEqual(["a1"]);
    const aborting = decide(taken.next, answer(0, "action", FAILURE), at(6));
    expect(callsOf(aborting)).toEqual(["c3"]);
    const end = play(aborting.next);
    expect(end.saga.progress.status).toBe("aborting"); // c3 is out: nobody answered it here
    expect(end.calls).toEqual([]);
    const second = decide(aborting.next, answer(2, "compensate", SUCCESS), at(7));
    expect(callsOf(second)).toEqual(["c2"]);
  });

  test("while aborting only what may have run before is compensated: that was durable", () => {
    const aborting = decide(midway, answer(0, "action", FAILURE), at(5)).next;
    const taken = decide(takeOver(aborting, true), { kind: "drive" }, at(6));
    expect(callsOf(taken)).toEqual(["c1"]);
    expect(taken.next.progress.branches.map(({ action }) => action?.mayHaveRun === true)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("retries", () => {
  /** The delays between the calls of an op whose calls all have this outcome. */
  function delays(over: Parameters<typeof aSaga>[0], count: number, outcome = UNKNOWN, unit = 0.5): number[] {
    let current: Transaction = aSaga({ stepCount: 1, ...over });
    let now = 0;
    const found: number[] = [];
    for (let i = 0; i < count; i += 1) {
      current = decide(current, { kind: "drive" }, at(now, unit)).next;
      current = decide(current, answer(0, "action", outcome, now), at(now, unit)).next;
      const next = current.progress.nextRunAt;
      if (next === null) break;
      found.push(next - now);
      now = next;
    }
    return found;
  }

  test("base, doubling, per branch, stored", () => {
    expect(delays({}, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(delays({ options: { retryIntervalMs: 150_000 } }, 4)).toEqual([
      150_000, 300_000, 300_000, 300_000,
    ]);
    expect(delays({ options: { retryIntervalMs: 600_000 } }, 2)).toEqual([600_000, 600_000]);
  });

  test("ONGOING polls at the base interval and never parks", () => {
    expect(delays({}, 8, ONGOING)).toEqual(Array(8).fill(1_000));
  });

  test("jitter is ten percent either way", () => {
    expect(delays({}, 1, UNKNOWN, 0)).toEqual([900]);
    expect(delays({}, 1, UNKNOWN, 0.999_999)).toEqual([1_100]);
  });

  test("a used-up budget parks it with a reason; the status stays", () => {
    const end = play(aSaga(), { a2: Array(20).fill(UNKNOWN) });
    expect(end.calls).toEqual(["a1", ...Array(POLICY.retryBudget).fill("a2")]);
    expect(end.saga.progress).toMatchObject({ status: "submitted", nextRunAt: null, parkedAt: end.now });
    expect(end.saga.progress.parkedReason).toBe(
      "branch 02 action: no definite answer in 5 calls; the last: http 500",
    );
    expect(end.saga.progress.branches[1]?.["action"]?.attempts).toHaveLength(ATTEMPTS_KEPT_MAX);
    expect(end.saga.progress.branches[1]?.["action"]?.attemptCount).toBe(POLICY.retryBudget);
  });

  const LASTING: BranchOutcome = { kind: "unknown", cause: "a body of 9 MB", trait: "lasting" };

  test.for([
    ["action", {}, "submitted"],
    ["compensate", { a2: [FAILURE] }, "aborting"],
  ] as const)("an answer of %s that would be the same again parks at once", ([op, answers, status]) => {
    const end = play(aSaga(), { ...answers, [op === "action" ? "a2" : "c2"]: [LASTING] });
    expect(end.saga.progress).toMatchObject({ status, nextRunAt: null, parkedAt: end.now });
    expect(end.saga.progress.parkedReason).toBe(
      `branch 02 ${op}: no definite answer in 1 call; the last: a body of 9 MB`,
    );
    const resumed = decide(end.saga, { kind: "retryNow" }, at(99_000));
    expect(resumed.effects).toMatchObject([{ kind: "call", branch: 1, op }]);
  });

  test("with a retry limit it is asked for again, until the limit rolls the saga back", () => {
    const end = play(aSaga({ options: { retryLimit: 2 } }), { a2: Array(3).fill(LASTING) });
    expect(end.saga.progress).toMatchObject({ status: "failed", retryCount: 3 });
  });

  test("a parked one resumes with a new budget when a person asks", () => {
    const parked = play(aSaga(), { a2: Array(20).fill(UNKNOWN) }).saga;
    const resumed = decide(parked, { kind: "retryNow" }, at(99_000));
    expect(callsOf(resumed)).toEqual(["a2"]);
    expect(resumed.next.progress).toMatchObject({ parkedAt: null, parkedReason: "", nextRunAt: 99_000 });
  });

  test("a parked one still times out, and then goes back", () => {
    const saga = aSaga({ options: { timeoutToFailMs: 3_600_000 } });
    const end = play(saga, { a2: Array(20).fill(UNKNOWN) });
    expect(end.saga.progress.status).toBe("failed");
    expect(end.now).toBe(3_600_000);
  });

  test("one exhausted branch does not park it while a sibling waits for its next try", () => {
    let current: Transaction = aSaga({ concurrent: true });
    for (let i = 0; i < POLICY.retryBudget; i += 1) {
      current = decide(current, { kind: "drive" }, at(i * 300_000)).next;
      current = decide(current, answer(0, "action", UNKNOWN), at(i * 300_000)).next;
      current = decide(current, answer(1, "action", ONGOING), at(i * 300_000)).next;
    }
    expect(current.progress.branches[0]?.["action"]?.unknownCount).toBe(POLICY.retryBudget);
    expect(current.progress).toMatchObject({ parkedAt: null, nextRunAt: 4 * 300_000 + 1_000 });
  });

  test("what compensations leave undecided does not count against retry_limit", () => {
    const end = play(aSaga({ options: { retryLimit: 1 } }), {
      a1: [UNKNOWN],
      a2: [FAILURE],
      c2: [UNKNOWN, UNKNOWN],
    });
    expect(end.saga.progress).toMatchObject({ status: "failed", retryCount: 1 });
  });

  test("one exhausted branch does not stop its siblings", () => {
    const end = play(aSaga({ concurrent: true }), { a1: Array(20).fill(UNKNOWN) });
    expect(rowsOf(end.saga)).toBe("PPPS");
    expect(end.saga.progress.parkedAt).not.toBeNull();
  });
});

describe("people", () => {
  test("forceStop ends it at once with who and why, whatever is out", () => {
    const started = decide(aSaga(), { kind: "drive" }, at(1)).next;
    const stopped = decide(started, { kind: "forceStop", actor: "ann", reason: "wrong amount" }, at(9));
    expect(stopped).toMatchObject({ persist: "first", hold: false, effects: [] });
    expect(stopped.next.progress).toMatchObject({
      status: "failed",
      reason: "wrong amount",
      finishedAt: 9,
      nextRunAt: null,
      forcedBy: { actor: "ann", reason: "wrong amount", at: 9 },
    });
  });

  test("I3: a final one hears nothing", () => {
    const done = play(aSaga()).saga;
    for (const event of [
      { kind: "drive" },
      { kind: "retryNow" },
      { kind: "forceStop", actor: "ann", reason: "" },
      answer(0, "action", FAILURE),
    ] as const) {
      const decision = decide(done, event, at(50));
      expect(decision).toEqual({ next: done, effects: [], persist: "none", hold: false });
    }
  });

  test("a prepared one waits for its submit, and the time limit counts from there", () => {
    const asked = askedSaga({ options: { timeoutToFailMs: 1_000 } });
    const prepared = createTransaction(asked, "prepared", 0 as EpochMs);
    expect(prepared.progress.nextRunAt).toBeNull();
    const submitted = accept(prepared, { kind: "submit", asked }, 5_000 as EpochMs);
    expect(callsOf(decide(submitted, { kind: "drive" }, at(5_500)))).toEqual(["a1"]);
  });
});
