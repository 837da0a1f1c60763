// Goal: the saga's row of the table, entry by entry.
import { describe, expect, test } from "vitest";
import type { StoredRequest } from "../mode.ts";
import type { EpochMs, Progress, Transaction } from "../model.ts";
import { UNTOUCHED } from "../progress.ts";
import { saga } from "./saga.ts";
import { aSaga, aStep, askedSaga } from "./saga-fixture.ts";

function stored(over: Partial<Progress>): Transaction {
  const transaction = aSaga();
  return { ...transaction, progress: { ...transaction.progress, ...over } };
}

test("begins as it was created", () => {
  const created = aSaga();
  expect(saga.begin(created)).toBe(created);
});

test.for<[StoredRequest, string]>([
  [{ kind: "prepare", asked: askedSaga() }, "done"],
  [{ kind: "submit", asked: askedSaga() }, "go"],
  [{ kind: "abort", reason: "" }, "refused"],
  [{ kind: "register", transType: "saga", branches: [aStep(2)] }, "refused"],
])("a prepared one rules %o", ([request, kind]) => {
  expect(saga.rule(stored({ status: "prepared" }), request).kind).toBe(kind);
});

test("a request that nobody knows is our own mistake", () => {
  expect(() => saga.rule(aSaga(), { kind: "postpone" } as never)).toThrow("unreachable");
});

test("a FAILURE ends an action only, and only actions count against the retry limit", () => {
  expect([saga.onFailure("action"), saga.onFailure("compensate")]).toEqual(["fails", "askedAgain"]);
  expect([saga.countsRetries("action"), saga.countsRetries("compensate")]).toEqual([true, false]);
  expect(saga.abortLeadsTo).toBe("aborting");
});

describe("where it leads", () => {
  const RAN = { ...UNTOUCHED, mayHaveRun: true };
  const BUSY = { ...RAN, inFlight: true };
  const DONE = { ...RAN, status: "succeed" } as const;
  const REFUSED = { ...RAN, status: "failed" } as const;
  test.for<[string, Transaction, string | undefined]>([
    ["prepared", stored({ status: "prepared", branches: [{ action: DONE }, { action: DONE }] }), undefined],
    ["prepared, and nothing has run", stored({ status: "prepared" }), undefined],
    ["one action of two", stored({ branches: [{ action: DONE }, {}] }), undefined],
    ["both actions", stored({ branches: [{ action: DONE }, { action: DONE }] }), "succeed"],
    ["a refusal", stored({ branches: [{ action: DONE }, { action: REFUSED }] }), "aborting"],
    [
      "one action left to undo",
      stored({ status: "aborting", branches: [{ action: RAN, compensate: DONE }, { action: RAN }] }),
      undefined,
    ],
    [
      "an action that is out still",
      stored({ status: "aborting", branches: [{ action: BUSY, compensate: DONE }, {}] }),
      undefined,
    ],
    [
      "a compensation that is out still",
      stored({
        status: "aborting",
        branches: [{ action: RAN, compensate: { ...DONE, inFlight: true } }, {}],
      }),
      undefined,
    ],
    [
      "everything undone",
      stored({ status: "aborting", branches: [{ action: RAN, compensate: DONE }, {}] }),
      "failed",
    ],
  ])("%s", ([, transaction, to]) => {
    expect(saga.lead(transaction, 0 as EpochMs)?.to).toBe(to);
  });

  test("the time limit counts from the submit, to the millisecond", () => {
    const limited = aSaga({ options: { timeoutToFailMs: 100 } });
    expect(saga.deadlineAt(limited)).toBe(100);
    expect(saga.lead(limited, 99 as EpochMs)).toBeUndefined();
    expect(saga.lead(limited, 100 as EpochMs)).toEqual({
      to: "aborting",
      reason: "Timeout after 0.1 seconds",
    });
  });

  test.for<[string, Transaction]>([
    ["without a limit", aSaga()],
    [
      "going back",
      { ...aSaga({ options: { timeoutToFailMs: 100 } }), progress: stored({ status: "aborting" }).progress },
    ],
    [
      "never submitted",
      { ...aSaga({ options: { timeoutToFailMs: 100 } }), progress: stored({ submittedAt: null }).progress },
    ],
  ])("no deadline %s", ([, transaction]) => {
    expect(saga.deadlineAt(transaction)).toBeNull();
  });
});

describe("taken over", () => {
  const RAN = { ...UNTOUCHED, attemptCount: 1 };
  test("abandoned while going forward: every action may have run", () => {
    const abandoned = stored({ branches: [{ action: RAN, compensate: UNTOUCHED }, {}] });
    expect(saga.takenOver(abandoned, true)).toEqual({
      ...abandoned,
      progress: {
        ...abandoned.progress,
        branches: [
          { action: { ...RAN, mayHaveRun: true }, compensate: UNTOUCHED },
          { action: { ...UNTOUCHED, mayHaveRun: true } },
        ],
      },
    });
  });

  test.for<[string, Transaction, boolean]>([
    ["let go", stored({}), false],
    ["abandoned while going back", stored({ status: "aborting" }), true],
    ["abandoned before its submit", stored({ status: "prepared" }), true],
  ])("%s: as it was", ([, transaction, abandoned]) => {
    expect(saga.takenOver(transaction, abandoned)).toBe(transaction);
  });
});
