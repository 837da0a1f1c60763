// Goal: what is due is called, what is not is waited for, and what nobody may retry is parked, whatever the mode.
// Method: made-up modes whose open ops and deadline are set by hand.
import { describe, expect, test } from "vitest";
import type { Mode } from "./mode.ts";
import type { EpochMs, OpProgress, Progress, Transaction } from "./model.ts";
import { plan, takenBack } from "./plan.ts";
import { type OpPlace, UNTOUCHED } from "./progress.ts";
import { saga } from "./saga/saga.ts";
import { aSaga, at, POLICY } from "./saga/saga-fixture.ts";

const NOW = 1_000;
const FIRST: OpPlace = { branch: 0, op: "action" };
const SECOND: OpPlace = { branch: 1, op: "action" };

function modeWith(open: readonly OpPlace[], deadlineAt: number | null = null): Mode {
  return { ...saga, openOps: () => open, deadlineAt: () => deadlineAt as EpochMs | null };
}

function withOps(first: Partial<OpProgress>, second: Partial<OpProgress> = {}): Transaction {
  const transaction = aSaga();
  const branches = [{ action: { ...UNTOUCHED, ...first } }, { action: { ...UNTOUCHED, ...second } }];
  return { ...transaction, progress: { ...transaction.progress, branches } };
}

const retryAt = (instant: number): Partial<OpProgress> => ({ retryAt: instant as EpochMs, unknownCount: 1 });
const EXHAUSTED: Partial<OpProgress> = {
  unknownCount: POLICY.retryBudget,
  attemptCount: 7,
  attempts: [
    { at: 0 as EpochMs, durationMs: 1, outcome: "unknown", detail: "the first" },
    { at: 0 as EpochMs, durationMs: 1, outcome: "unknown", detail: "the second" },
    { at: 0 as EpochMs, durationMs: 1, outcome: "unknown", detail: "http 500" },
  ],
};

describe("an open op", () => {
  test("that is due is called, and the call is in its progress", () => {
    const transaction = withOps({ ...retryAt(NOW), mayHaveRun: true, attemptCount: 1 });
    const planned = plan(modeWith([FIRST, SECOND]), transaction, at(NOW));
    expect(planned.effects).toEqual([
      { kind: "call", ...FIRST, mayHaveRun: true },
      { kind: "call", ...SECOND, mayHaveRun: false },
    ]);
    expect(planned.progress.branches).toEqual([
      {
        action: {
          ...UNTOUCHED,
          unknownCount: 1,
          inFlight: true,
          mayHaveRun: true,
          attemptCount: 2,
          retryAt: null,
        },
      },
      { action: { ...UNTOUCHED, inFlight: true, mayHaveRun: true, attemptCount: 1 } },
    ]);
  });

  test("whose call is out is not called again", () => {
    const transaction = withOps({ inFlight: true });
    const planned = plan(modeWith([FIRST]), transaction, at(NOW));
    expect(planned).toEqual({ progress: transaction.progress, effects: [] });
    expect(planned.progress).toBe(transaction.progress);
  });

  test("that is not due yet is waited for: the earliest counts, and a deadline may be earlier", () => {
    const both = withOps(retryAt(NOW + 9), retryAt(NOW + 5));
    expect(plan(modeWith([FIRST, SECOND]), both, at(NOW)).effects).toEqual([{ kind: "wake", at: NOW + 5 }]);
    const limited = modeWith([FIRST, SECOND], NOW + 3);
    expect(plan(limited, both, at(NOW)).effects).toEqual([{ kind: "wake", at: NOW + 3 }]);
    expect(plan(modeWith([], NOW + 3), both, at(NOW)).effects).toEqual([{ kind: "wake", at: NOW + 3 }]);
  });
});

describe("parking", () => {
  const planned = (transaction: Transaction, open = [FIRST, SECOND]): Progress =>
    plan(modeWith(open, NOW + 3), transaction, at(NOW)).progress;

  test("says which op, how many calls and what the last one came to", () => {
    expect(planned(withOps(EXHAUSTED), [FIRST])).toMatchObject({
      parkedAt: NOW,
      parkedReason: "branch 01 action: no definite answer in 7 calls; the last: http 500",
    });
    expect(planned(withOps({ ...EXHAUSTED, attempts: [] }), [FIRST]).parkedReason).toMatch(/the last: $/);
  });

  test("names the first op of several", () => {
    expect(planned(withOps(EXHAUSTED, EXHAUSTED)).parkedReason).toMatch(/^branch 01 action/);
  });

  test("one call less than the budget is not enough", () => {
    const nearly = withOps({ unknownCount: POLICY.retryBudget - 1 });
    expect(planned(nearly, [FIRST])).toMatchObject({ parkedAt: null, parkedReason: "" });
  });

  test.for<[string, Partial<OpProgress>]>([
    ["is called", {}],
    ["waits for its next try", retryAt(NOW + 9)],
    ["has a call out", { inFlight: true }],
  ])("waits while another op %s", ([, other]) => {
    expect(planned(withOps(EXHAUSTED, other))).toMatchObject({ parkedAt: null, parkedReason: "" });
  });

  test("is told once: the first time and reason stay", () => {
    const transaction = withOps(EXHAUSTED);
    const parked = { ...transaction.progress, parkedAt: 7 as EpochMs, parkedReason: "as it was" };
    expect(planned({ ...transaction, progress: parked }, [FIRST])).toBe(parked);
  });
});

describe("calls that are taken back when the status changes", () => {
  const OUT = { inFlight: true };

  test("are those that are out and whose turn it is not any more", () => {
    const transaction = withOps(OUT, OUT);
    expect(takenBack(modeWith([SECOND]), transaction)).toEqual([{ kind: "takeBack", ...FIRST }]);
    expect(takenBack(modeWith([]), transaction)).toEqual([
      { kind: "takeBack", ...FIRST },
      { kind: "takeBack", ...SECOND },
    ]);
  });

  test("another op of the same branch is another call", () => {
    const other = { branch: 0, op: "compensate" };
    expect(takenBack(modeWith([other]), withOps(OUT))).toEqual([{ kind: "takeBack", ...FIRST }]);
  });

  test("nothing that is not out is taken back", () => {
    const mode = modeWith([]);
    expect(takenBack(mode, withOps({ mayHaveRun: true }, { status: "succeed" }))).toEqual([]);
    expect(takenBack(mode, aSaga())).toEqual([]);
  });
});
