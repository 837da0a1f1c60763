// Goal: what decide adds to fold, advance and plan: what must be durable, what is held, and when somebody looks again.
// Method: the saga where it will do, and a made-up row of the table where a request ends a transaction.
import { describe, expect, test, vi } from "vitest";
import { accept, decide } from "./decide.ts";
import type { Lead, Mode } from "./mode.ts";
import type { EpochMs, Progress, Transaction } from "./model.ts";
import { saga } from "./saga/saga.ts";
import { answer, aSaga, aStep, askedSaga, at, FAILURE, SUCCESS, UNKNOWN } from "./saga/saga-fixture.ts";

const { madeUp } = vi.hoisted(() => ({ madeUp: { mode: undefined as unknown as Mode } }));

vi.mock("./modes.ts", async (importOriginal) => {
  const original = await importOriginal<typeof import("./modes.ts")>();
  return {
    ...original,
    modeOf: (word: string) => (word === "made-up" ? madeUp.mode : original.modeOf(word)),
  };
});

const NOW = 9_000 as EpochMs;
/** Two steps side by side, both called. */
const both = decide(aSaga({ concurrent: true }), { kind: "drive" }, at(1)).next;

function stored(over: Partial<Progress>, transType = "saga"): Transaction {
  const { definition, branches, progress } = aSaga();
  return { definition: { ...definition, transType }, branches, progress: { ...progress, ...over } };
}

describe("while another call is out", () => {
  test.for([
    ["an answer rides along with a later write", answer(0, "action", SUCCESS), "lazy"],
    [
      "so does a call that was never made",
      { kind: "notCalled", branch: 0, op: "action", mayHaveRun: false },
      "lazy",
    ],
    ["a look that finds nothing writes nothing", { kind: "drive" }, "none"],
    ["what a person was promised is durable first", { kind: "retryNow" }, "first"],
    ["so is a change of status", answer(0, "action", FAILURE), "first"],
    [
      "so is a branch that a caller registered",
      { kind: "register", transType: "saga", branches: [aStep(2)] },
      "first",
    ],
  ] as const)("%s", ([, event, persist]) => {
    const decision = decide(both, event, at(2));
    expect(decision).toMatchObject({ persist, hold: true });
    if (persist === "none") expect(decision.next).toBe(both);
    else expect(decision.next.progress.updatedAt).toBe(2);
  });

  describe("it is due, so that whoever finds its lease run out takes over at once", () => {
    const whenHeard = (nextRunAt: EpochMs | null, updatedAt = 2): EpochMs | null => {
      const progress = { ...both.progress, nextRunAt, updatedAt: updatedAt as EpochMs };
      return decide({ ...both, progress }, answer(0, "action", UNKNOWN), at(2_000)).next.progress.nextRunAt;
    };
    test.for([
      ["as it was", 7, 7],
      ["now where it was not", null, 2_000],
      ["now where a person asked earlier than it was due", 9_000, 2_000],
    ] as const)("%s", ([, before, after]) => {
      expect(whenHeard(before as EpochMs | null)).toBe(after);
    });

    test("also when the clock was set back while the call was out", () => {
      expect(whenHeard(3_600_000 as EpochMs, 3_600_500)).toBe(1_500);
    });
  });

  test("a status that goes back takes the other call back, before anything is called", () => {
    const { effects } = decide(both, answer(1, "action", FAILURE), at(2));
    expect(effects).toEqual([
      { kind: "takeBack", branch: 0, op: "action" },
      { kind: "call", branch: 1, op: "compensate", mayHaveRun: false },
    ]);
  });

  test("an answer without a change of status takes nothing back", () => {
    expect(decide(both, answer(1, "action", SUCCESS), at(2)).effects).toEqual([]);
  });

  test("an end by force asks for nothing", () => {
    expect(decide(both, { kind: "forceStop", actor: "ann", reason: "" }, at(2)).effects).toEqual([]);
  });
});

test("a look that finds something due to call writes that lazily", () => {
  expect(decide(aSaga(), { kind: "drive" }, at(1))).toMatchObject({ persist: "lazy", hold: true });
});

test("a wrong lead is our own mistake", () => {
  const leads: Lead[] = [{ to: "prepared" }];
  madeUp.mode = { ...saga, lead: () => leads.shift() };
  expect(() => decide(stored({}, "made-up"), { kind: "drive" }, at(2))).toThrow(
    "status moves only along TRANSITIONS: submitted to prepared",
  );
});

test("one whose wait begins is let go until then, durable first", () => {
  madeUp.mode = { ...saga, openOps: () => [], lead: () => undefined, deadlineAt: () => 700 as EpochMs };
  const waiting = decide(stored({}, "made-up"), { kind: "drive" }, at(2));
  expect(waiting).toMatchObject({ persist: "first", hold: false, effects: [{ kind: "wake", at: 700 }] });
  expect(waiting.next.progress.nextRunAt).toBe(700);
  madeUp.mode = { ...madeUp.mode, deadlineAt: () => null };
  expect(decide(stored({}, "made-up"), { kind: "drive" }, at(2)).next.progress.nextRunAt).toBeNull();
});

describe("a request to one that nobody drives", () => {
  test("a submit makes it due at once", () => {
    const prepared = stored({ status: "prepared", submittedAt: null, nextRunAt: null });
    const submitted = accept(prepared, { kind: "submit", asked: askedSaga() }, NOW);
    expect(submitted.progress).toEqual({
      ...prepared.progress,
      status: "submitted",
      submittedAt: NOW,
      updatedAt: NOW,
      nextRunAt: NOW,
    });
  });

  test("a branch more leaves it due as it was, and nothing is called", () => {
    const waiting = stored({ status: "prepared", nextRunAt: 12_000 as EpochMs });
    const registered = accept(waiting, { kind: "register", transType: "saga", branches: [aStep(2)] }, NOW);
    expect(registered.progress).toEqual({ ...waiting.progress, branches: [{}, {}, {}], updatedAt: NOW });
    expect(registered.branches).toHaveLength(3);
  });

  test("an abort that ends it says when, and asks for nothing any more", () => {
    madeUp.mode = { ...saga, abortLeadsTo: "failed" };
    const ended = accept(stored({ status: "prepared" }, "made-up"), { kind: "abort", reason: "no" }, NOW);
    expect(ended.progress).toMatchObject({
      status: "failed",
      reason: "no",
      nextRunAt: null,
      finishedAt: NOW,
      updatedAt: NOW,
    });
  });

  test("after the clock was set back, its pending instants go back as well", () => {
    const ahead = stored({
      updatedAt: 3_609_000 as EpochMs,
      submittedAt: 3_608_000 as EpochMs,
      nextRunAt: 3_700_000 as EpochMs,
    });
    const registered = accept(ahead, { kind: "register", transType: "saga", branches: [] }, NOW);
    expect(registered.progress).toMatchObject({ submittedAt: 8_000, nextRunAt: 100_000, updatedAt: NOW });
  });

  test("a request that the ruling should have refused is our own mistake", () => {
    const ended = stored({ status: "succeed" });
    expect(() => accept(ended, { kind: "submit", asked: askedSaga() }, NOW)).toThrow(
      "a request moves succeed to submitted",
    );
  });
});
