// Goal: what a person may do to a stored transaction (I7), and what the transaction becomes.
// Method: tables over the states of a saga with two steps; the properties are in decide.property.test.ts.
import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import type { TakenOp, TransactionEvent } from "./decision.ts";
import type { EpochMs, Progress, Transaction } from "./model.ts";
import { ruleRollBack, ruleTakeAsDone } from "./operator-rulings.ts";
import { opOf } from "./progress.ts";
import type { Ruling } from "./rulings.ts";
import { answer, aSaga, at, callsOf, FAILURE, POLICY, SUCCESS, UNKNOWN } from "./saga/saga-fixture.ts";

const BY = { actor: "ann", reason: "ticket 7" };
const ROLL_BACK: TransactionEvent = { kind: "rollBack", ...BY };
const A2: TakenOp = { branchId: "02", op: "action", outcome: "success" };

function after(events: readonly TransactionEvent[], saga = aSaga()): Transaction {
  return events.reduce((stored, event, index) => decide(stored, event, at(index)).next, saga);
}

function verdict(ruling: Ruling): string {
  return ruling.kind === "refused" ? `${ruling.code}: ${ruling.message}` : ruling.kind;
}

function withProgress(saga: Transaction, over: Partial<Progress>): Transaction {
  return { ...saga, progress: { ...saga.progress, ...over } };
}

/** Nobody has answered the first action, and its next call is due later. */
const waiting = after([{ kind: "drive" }, answer(0, "action", UNKNOWN)]);
/** The first step is done, and the second action waits for its next call. */
const half = after([{ kind: "drive" }, answer(0, "action", SUCCESS), answer(1, "action", UNKNOWN)]);

function parkedOf(stored: Transaction, place: { readonly branch: number; readonly op: string }): Transaction {
  let saga = stored;
  for (let turn = 0; saga.progress.parkedAt === null; turn += 1) {
    expect(turn).toBeLessThan(POLICY.retryBudget);
    const now = saga.progress.nextRunAt ?? 0;
    saga = decide(saga, { kind: "drive" }, at(now)).next;
    saga = decide(saga, answer(place.branch, place.op, UNKNOWN), at(now)).next;
  }
  return saga;
}

const parked = parkedOf(half, { branch: 1, op: "action" });
const undoing = after([{ kind: "drive" }, answer(0, "action", SUCCESS), answer(1, "action", FAILURE)]);
const undoingWaits = decide(undoing, answer(1, "compensate", UNKNOWN), at(9)).next;
const undoingParked = parkedOf(undoingWaits, { branch: 1, op: "compensate" });

describe("roll back", () => {
  test.for<[string, Transaction, string]>([
    ["one that waits", waiting, "go"],
    ["one that is parked", parked, "go"],
    ["one with a call out", after([{ kind: "drive" }]), "go"],
    ["one that is rolled back already", undoing, "done"],
    ["a roll-back that is parked", undoingParked, "go"],
    ["one that was rolled back", withProgress(undoing, { status: "failed" }), "done"],
    [
      "one that succeeded",
      withProgress(half, { status: "succeed" }),
      "wrong_status: transaction 'g1' cannot be rolled back: it is succeed; only a new transaction can undo it. FAILURE",
    ],
    [
      "a prepared one",
      withProgress(aSaga(), { status: "prepared" }),
      "wrong_status: transaction 'g1' cannot be rolled back: it is prepared, so nothing of it has run; end it with " +
        "forceStop. FAILURE",
    ],
    [
      "one that was ended by force",
      withProgress(half, { status: "failed", forcedBy: { ...BY, at: 1 as EpochMs } }),
      "wrong_status: transaction 'g1' cannot be rolled back: it was ended by force; undo by hand what query shows as " +
        "done. FAILURE",
    ],
  ])("%s", ([, stored, expected]) => {
    expect(verdict(ruleRollBack(stored))).toBe(expected);
  });

  test.for<[string, Transaction]>([
    ["waits", half],
    ["is parked", parked],
  ])("one that %s undoes what may have run, the last first, durable before the first call", ([, stored]) => {
    const decision = decide(stored, ROLL_BACK, at(99));
    expect(decision).toMatchObject({ persist: "first", hold: true });
    expect(callsOf(decision)).toEqual(["c2"]);
    expect(decision.next.progress).toMatchObject({
      status: "aborting",
      reason: "ticket 7",
      rolledBackBy: { ...BY, at: 99 },
      parkedAt: null,
      parkedReason: "",
    });
  });

  test("one of which nothing has run has failed at once", () => {
    expect(decide(aSaga(), ROLL_BACK, at(5)).next.progress).toMatchObject({
      status: "failed",
      finishedAt: 5,
      rolledBackBy: { actor: "ann" },
    });
  });

  test("a roll-back that is parked goes on with a new budget, and keeps why it began", () => {
    const decision = decide(undoingParked, ROLL_BACK, at(9_000_000));
    expect(callsOf(decision)).toEqual(["c2"]);
    const { progress } = decision.next;
    expect(progress).toMatchObject({ parkedAt: null, reason: undoing.progress.reason, rolledBackBy: null });
    expect(opOf(progress, { branch: 1, op: "compensate" }).unknownCount).toBe(0);
  });
});

describe("take as done", () => {
  const failed = { ...A2, outcome: "failure" } as const;
  test.for<[string, Transaction, TakenOp, string]>([
    ["an op that waits", half, A2, "go"],
    ["an op that is parked", parked, A2, "go"],
    ["an action as failed", half, failed, "go"],
    ["an undo", undoingWaits, { ...A2, op: "compensate" }, "go"],
    ["what a branch answered already", half, { ...A2, branchId: "01" }, "done"],
    [
      "the opposite of what a branch answered",
      half,
      { ...failed, branchId: "01" },
      "wrong_status: branch 01 action of transaction 'g1' is succeed already. FAILURE",
    ],
    [
      "an undo as failed",
      undoingWaits,
      { ...failed, op: "compensate" },
      "invalid_argument: branch 02 compensate of transaction 'g1' must not fail, so it can only be taken as success.",
    ],
    [
      "an op whose call is out",
      after([{ kind: "drive" }]),
      { ...A2, branchId: "01" },
      "unavailable: a call of branch 01 action of transaction 'g1' is out or waits for its turn; ask again when the " +
        "call has ended",
    ],
    [
      "an op whose turn has not come",
      waiting,
      A2,
      "wrong_status: it is not the turn of branch 02 action of transaction 'g1', which is submitted; query shows what " +
        "it waits for. FAILURE",
    ],
    [
      "an op of one that has ended",
      withProgress(half, { status: "failed" }),
      A2,
      "wrong_status: it is not the turn of branch 02 action of transaction 'g1', which is failed; query shows what it " +
        "waits for. FAILURE",
    ],
    [
      "a branch that is not there",
      half,
      { ...A2, branchId: "07" },
      "invalid_argument: there is no branch 07 action of transaction 'g1'; query shows the branches and their ops.",
    ],
    [
      "an op that is not there",
      half,
      { ...A2, op: "constructor" },
      "invalid_argument: there is no branch 02 constructor of transaction 'g1'; query shows the branches and their ops.",
    ],
  ])("%s", ([, stored, taken, expected]) => {
    expect(verdict(ruleTakeAsDone(stored, taken))).toBe(expected);
  });

  test("a parked saga goes on without the call, and the op says who did that", () => {
    const { next } = decide(parked, { kind: "takeAsDone", ...A2, ...BY }, at(50));
    expect(next.progress).toMatchObject({ status: "succeed", parkedAt: null, parkedReason: "" });
    expect(next.progress.branches[1]?.["action"]).toMatchObject({
      status: "succeed",
      mayHaveRun: true,
      finishedAt: 50,
      takenBy: { ...BY, at: 50 },
    });
  });

  test("an action that is taken as failed rolls the saga back, and the reason says who and why", () => {
    const decision = decide(half, { kind: "takeAsDone", ...failed, ...BY }, at(50));
    expect(decision.persist).toBe("first");
    expect(callsOf(decision)).toEqual(["c2"]);
    expect(decision.next.progress).toMatchObject({
      status: "aborting",
      reason: "branch 02 action was taken as failed by ann: ticket 7",
    });
  });

  test("an undo that is taken as done lets the roll-back go on to the step before", () => {
    const decision = decide(undoingParked, { kind: "takeAsDone", ...A2, op: "compensate", ...BY }, at(50));
    expect(callsOf(decision)).toEqual(["c1"]);
  });

  test("a call that began after the ruling is not overruled", () => {
    const calling = decide(half, { kind: "drive" }, at(9_000)).next;
    const decision = decide(calling, { kind: "takeAsDone", ...A2, ...BY }, at(9_001));
    expect(decision.next).toBe(calling);
    expect(decision.persist).toBe("none");
  });
});
