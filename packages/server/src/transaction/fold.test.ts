// Goal: what each event says about a transaction, field by field, and that it says nothing else.
// Method: tables over the pure fold. Which status follows is decided elsewhere (decide.test.ts, advance.test.ts).
import { describe, expect, test } from "vitest";
import { fold, foldRequest } from "./fold.ts";
import { ATTEMPT_DETAIL_CHARACTERS_MAX, ATTEMPTS_KEPT_MAX, REASON_CHARACTERS_MAX } from "./limits.ts";
import type { BranchOutcome, EpochMs, OpProgress, Transaction } from "./model.ts";
import { UNTOUCHED } from "./progress.ts";
import {
  answer,
  aSaga,
  aStep,
  askedSaga,
  at,
  FAILURE,
  ONGOING,
  SUCCESS,
  UNKNOWN,
} from "./saga/saga-fixture.ts";

const NOW = 9_000;
/** Called once before, without an answer, and called again. */
const OUT: OpProgress = {
  ...UNTOUCHED,
  inFlight: true,
  mayHaveRun: true,
  attemptCount: 2,
  unknownCount: 1,
  retryAt: 8_000 as EpochMs,
};

function withOp(op: OpProgress, name = "action", over: Partial<Transaction["progress"]> = {}): Transaction {
  const saga = aSaga();
  return { ...saga, progress: { ...saga.progress, branches: [{ [name]: op }, {}], ...over } };
}

function opAfter(transaction: Transaction, name = "action"): OpProgress | undefined {
  return transaction.progress.branches[0]?.[name];
}

describe("an answer", () => {
  const DETAILS = { success: "", failure: "no money FAILURE", ongoing: "", unknown: "http 500" } as const;
  test.for<[string, BranchOutcome, Partial<OpProgress>]>([
    ["action", SUCCESS, { status: "succeed", unknownCount: 0, retryAt: null, finishedAt: NOW as EpochMs }],
    ["action", FAILURE, { status: "failed", unknownCount: 0, retryAt: null, finishedAt: NOW as EpochMs }],
    ["action", ONGOING, { unknownCount: 0, retryAt: 10_000 as EpochMs }],
    ["action", UNKNOWN, { unknownCount: 2, retryAt: 11_000 as EpochMs }],
    ["compensate", FAILURE, { unknownCount: 2, retryAt: 11_000 as EpochMs }],
  ])("of %s: %o", ([name, outcome, change]) => {
    const told = fold(withOp(OUT, name), answer(0, name, outcome, 8_500), at(NOW));
    expect(opAfter(told, name)).toEqual({
      ...OUT,
      inFlight: false,
      attempts: [{ at: 8_500, durationMs: 0, outcome: outcome.kind, detail: DETAILS[outcome.kind] }],
      ...change,
    });
  });

  test("that nobody waits for says nothing", () => {
    for (const op of [UNTOUCHED, { ...OUT, inFlight: false }]) {
      const transaction = withOp(op);
      expect(fold(transaction, answer(0, "action", SUCCESS), at(NOW))).toBe(transaction);
    }
    const transaction = withOp(OUT);
    expect(fold(transaction, answer(0, "compensate", SUCCESS), at(NOW))).toBe(transaction);
    expect(fold(transaction, answer(7, "action", SUCCESS), at(NOW))).toBe(transaction);
  });

  test("that refuses: who did, with what it told, and a reason that shows no query of the URL", () => {
    const saga = withOp(OUT);
    const action = "http://b/pay?token=1#2";
    const branches = saga.branches.with(0, aStep(0, { action }));
    const refused: BranchOutcome = {
      kind: "failure",
      reason: "no money FAILURE",
      failureJson: '{"code":"no_money"}',
    };
    const { progress } = fold({ ...saga, branches }, answer(0, "action", refused), at(NOW));
    expect(progress.reason).toBe("url:http://b/pay return failed: no money FAILURE");
    expect(progress.refusedBy).toEqual({ branchId: "01", op: "action", failureJson: '{"code":"no_money"}' });
    // A later refusal, of a branch that ran at the same time, changes neither.
    const second = fold(withOp(OUT, "action", { reason: "first" }), answer(0, "action", refused), at(NOW));
    expect(second.progress.refusedBy).toBeUndefined();
  });

  test("only the last calls are kept, and a long detail is cut", () => {
    const earlier = { at: 1 as EpochMs, durationMs: 1, outcome: "unknown", detail: "first" } as const;
    const later = { ...earlier, detail: "later" };
    const kept = [earlier, ...Array<typeof later>(ATTEMPTS_KEPT_MAX - 1).fill(later)];
    const long: BranchOutcome = { kind: "unknown", cause: "x".repeat(ATTEMPT_DETAIL_CHARACTERS_MAX + 1) };
    const told = fold(withOp({ ...OUT, attempts: kept }), answer(0, "action", long), at(NOW));
    const details = opAfter(told)?.attempts.map(({ detail }) => detail);
    expect(details).toHaveLength(ATTEMPTS_KEPT_MAX);
    expect(details?.slice(0, -1)).toEqual(Array(ATTEMPTS_KEPT_MAX - 1).fill("later"));
    expect(details?.at(-1)).toMatch(/^x+…$/);
    expect(details?.at(-1)).toHaveLength(ATTEMPT_DETAIL_CHARACTERS_MAX);
  });

  test.for([
    ["action", UNKNOWN, 5],
    ["action", ONGOING, 4],
    ["action", FAILURE, 4],
    ["action", SUCCESS, 4],
    ["compensate", UNKNOWN, 4],
  ] as const)("%s %o: retries counted", ([name, outcome, count]) => {
    const told = fold(withOp(OUT, name, { retryCount: 4 }), answer(0, name, outcome), at(NOW));
    expect(told.progress.retryCount).toBe(count);
  });

  test.for([
    ["action", FAILURE, "", "url:http://b/a1 return failed: no money FAILURE"],
    ["action", FAILURE, "the first reason", "the first reason"],
    ["action", UNKNOWN, "", ""],
    ["compensate", FAILURE, "", ""],
    ["confirm", FAILURE, "", ""],
  ] as const)("%s %o after '%s': the reason", ([name, outcome, before, after]) => {
    const told = fold(withOp(OUT, name, { reason: before }), answer(0, name, outcome), at(NOW));
    expect(told.progress.reason).toBe(after);
  });
});

describe("a call that was never made", () => {
  const event = { kind: "notCalled", branch: 0, op: "action", mayHaveRun: false } as const;

  test("counts for nothing and is due after the polling interval", () => {
    const told = fold(withOp(OUT), event, at(NOW));
    expect(opAfter(told)).toEqual({
      ...OUT,
      inFlight: false,
      mayHaveRun: false,
      attemptCount: 1,
      retryAt: 10_000,
    });
    expect(opAfter(fold(withOp(OUT), { ...event, mayHaveRun: true }, at(NOW)))?.mayHaveRun).toBe(true);
  });

  test("of an op that is not out says nothing", () => {
    for (const op of [{ ...OUT, inFlight: false }, UNTOUCHED]) {
      const transaction = withOp(op);
      expect(fold(transaction, event, at(NOW))).toBe(transaction);
    }
    const transaction = withOp(OUT);
    expect(fold(transaction, { ...event, op: "compensate" }, at(NOW))).toBe(transaction);
    expect(fold(transaction, { ...event, branch: 7 }, at(NOW))).toBe(transaction);
  });
});

test("wake: only the ops that wait for their next attempt are due, and no count changes", () => {
  const waits: OpProgress = { ...OUT, inFlight: false };
  const done: OpProgress = { ...waits, status: "succeed" };
  const transaction = withOp(waits, "action", {
    branches: [{ action: waits }, { action: done }, { action: OUT }],
  });
  const places = [0, 1, 2, 7].map((branch) => ({ branch, op: "action" }));
  const told = fold(transaction, { kind: "wake", places }, at(NOW));
  expect(told.progress.branches).toEqual([
    { action: { ...waits, retryAt: null } },
    { action: done },
    { action: OUT },
  ]);
  const others = fold(transaction, { kind: "wake", places: [{ branch: 0, op: "compensate" }] }, at(NOW));
  expect(others).toBe(transaction);
});

describe("people", () => {
  test("retryNow: what is undecided may be asked at once, with a new budget; what is decided stays", () => {
    const done: OpProgress = { ...OUT, inFlight: false, status: "failed" };
    const transaction = withOp(OUT, "action", {
      branches: [{ action: OUT }, { action: done }],
      parkedAt: 7 as EpochMs,
      parkedReason: "no answer",
    });
    const told = fold(transaction, { kind: "retryNow" }, at(NOW)).progress;
    expect(told.branches).toEqual([{ action: { ...OUT, unknownCount: 0, retryAt: null } }, { action: done }]);
    expect(told).toMatchObject({ parkedAt: null, parkedReason: "" });
  });

  test("forceStop: who, why and when", () => {
    const told = fold(withOp(OUT), { kind: "forceStop", actor: "ann", reason: "wrong" }, at(NOW)).progress;
    expect(told).toEqual({
      ...withOp(OUT).progress,
      forcedBy: { actor: "ann", reason: "wrong", at: NOW },
    });
  });

  test("drive says nothing", () => {
    const transaction = withOp(OUT);
    expect(fold(transaction, { kind: "drive" }, at(NOW))).toBe(transaction);
  });
});

describe("requests, to one that is driven and to one that is not", () => {
  const prepared = (): Transaction => {
    const saga = aSaga();
    return { ...saga, progress: { ...saga.progress, status: "prepared", submittedAt: null } };
  };
  const told = (transaction: Transaction, event: Parameters<typeof foldRequest>[1]): Transaction => {
    const answered = foldRequest(transaction, event, NOW as EpochMs);
    expect(fold(transaction, event, at(NOW))).toEqual(answered);
    return answered;
  };

  test("submit: its options, custom data, concurrency and settings count; the rest stays as it was stored", () => {
    const stored = prepared();
    const asked = askedSaga({
      concurrent: true,
      orders: { 1: [0] },
      options: { retryLimit: 4 },
      branches: [aStep(0), aStep(1)],
    });
    const definition = {
      ...asked.definition,
      customData: "new",
      createdAt: 77 as EpochMs,
      protocol: "grpc",
    } as const;
    const submitted = told(stored, { kind: "submit", asked: { ...asked, definition } });
    expect(submitted.definition).toEqual({
      ...stored.definition,
      concurrent: true,
      settings: { orders: { 1: [0] } },
      options: { ...stored.definition.options, retryLimit: 4 },
      customData: "new",
    });
    expect(submitted.branches).toBe(stored.branches);
    expect(submitted.progress).toEqual({ ...stored.progress, status: "submitted", submittedAt: NOW });
  });

  test("abort: the mode's status, and the reason, cut", () => {
    const stored = prepared();
    const aborted = told(stored, { kind: "abort", reason: "r".repeat(REASON_CHARACTERS_MAX + 1) });
    expect(aborted.progress).toEqual({
      ...stored.progress,
      status: "aborting",
      reason: expect.stringMatching(/^r+…$/),
    });
    expect(aborted.progress.reason).toHaveLength(REASON_CHARACTERS_MAX);
    expect(aborted.branches).toBe(stored.branches);
  });

  test("register: the branches follow those that are there, untouched", () => {
    const stored = withOp(OUT);
    const registered = told(stored, { kind: "register", transType: "saga", branches: [aStep(2), aStep(3)] });
    expect(registered.definition).toBe(stored.definition);
    expect(registered.branches).toEqual([...stored.branches, aStep(2), aStep(3)]);
    expect(registered.progress).toEqual({ ...stored.progress, branches: [{ action: OUT }, {}, {}, {}] });
  });

  test("a request that nobody knows is our own mistake", () => {
    expect(() => foldRequest(prepared(), { kind: "postpone" } as never, NOW as EpochMs)).toThrow(
      "unreachable",
    );
  });
});
