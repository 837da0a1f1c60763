// Goal: a workflow is called back until its caller has said how it ends, keeps what the caller registers, and rules on
// each request by the stored status (protocol 1.4, 1.5, 1.8, 5.6).
import { describe, expect, test } from "vitest";
import { accept, decide } from "../decide.ts";
import type { Decision, TransactionEvent } from "../decision.ts";
import type { StoredRequest } from "../mode.ts";
import type { BranchOutcome, EpochMs, Status, Transaction } from "../model.ts";
import { ruleRollBack } from "../operator-rulings.ts";
import { isWorkflowSettings } from "./settings.ts";
import { workflow } from "./workflow.ts";
import { aRow, askedEnd, askedWorkflow, aWorkflow, CALL_BACK_MS } from "./workflow-under-test-fixture.ts";

const POLICY = { retryBaseMs: 1_000, retryCapMs: 300_000, retryBudget: 3 } as const;
const UNKNOWN: BranchOutcome = { kind: "unknown", cause: "lost" };

function told(transaction: Transaction, event: TransactionEvent, now: number): Decision {
  return decide(transaction, event, { now: now as EpochMs, unit: 0.5, policy: POLICY });
}

const driven = (transaction: Transaction, now: number): Decision => told(transaction, { kind: "drive" }, now);

function answer(outcome: BranchOutcome, at: number): TransactionEvent {
  return { kind: "answered", branch: 0, op: "order", outcome, startedAt: at as EpochMs, durationMs: 1 };
}

const callsOf = ({ effects }: Decision) =>
  effects.flatMap((effect) => (effect.kind === "call" ? [[effect.branch, effect.op]] : []));

describe("a workflow without an end", () => {
  test("is called back when its time has come, by the op of its name", () => {
    const begun = aWorkflow();
    expect(begun.progress.nextRunAt).toBe(CALL_BACK_MS);
    expect(callsOf(driven(begun, CALL_BACK_MS - 1))).toEqual([]);
    expect(callsOf(driven(begun, CALL_BACK_MS))).toEqual([[0, "order"]]);
  });

  test.each([
    ["success", { kind: "success" }, 1_000],
    ["FAILURE", { kind: "failure", reason: "no FAILURE" }, 1_000],
    ["ONGOING", { kind: "ongoing" }, 1_000],
    ["no clear answer", UNKNOWN, 1_000],
  ] as const)("is called again after %s, and stays prepared", (_name, outcome, pauseMs) => {
    const out = driven(aWorkflow(), CALL_BACK_MS).next;
    const { next } = told(out, answer(outcome, CALL_BACK_MS), CALL_BACK_MS);
    expect(next.progress).toMatchObject({
      status: "prepared",
      reason: "",
      nextRunAt: CALL_BACK_MS + pauseMs,
    });
    expect(callsOf(driven(next, CALL_BACK_MS + pauseMs))).toEqual([[0, "order"]]);
  });

  test("is parked when nobody answers, and a person gets the next call-back", () => {
    let { next } = driven(aWorkflow(), CALL_BACK_MS);
    for (let now = CALL_BACK_MS; next.progress.parkedAt === null; now += 10_000)
      next = driven(told(next, answer(UNKNOWN, now), now).next, now + 9_000).next;
    expect(next.progress.parkedReason).toBe("branch 00 order: no definite answer in 3 calls; the last: lost");
    expect(callsOf(told(next, { kind: "retryNow" }, 100_000))).toEqual([[0, "order"]]);
  });

  test("whose caller gave no URL waits for its submit", () => {
    const mute = aWorkflow([], "");
    expect(mute.progress.nextRunAt).toBeNull();
    expect(driven(mute, 1_000_000).effects).toEqual([]);
  });

  test("keeps each row with its outcome and its data, and calls none of them", () => {
    const known = aWorkflow([aRow("01", "action"), aRow("02", "action", "failed"), aRow("01", "rollback")]);
    expect(known.branches.slice(1).map(({ id, urls }) => [id, Object.keys(urls)])).toEqual([
      ["01", ["action"]],
      ["02", ["action"]],
      ["01", ["rollback"]],
    ]);
    expect(known.progress.branches.slice(1).map((ops) => Object.values(ops)[0]?.status)).toEqual([
      "succeed",
      "failed",
      "succeed",
    ]);
    expect(callsOf(driven(known, CALL_BACK_MS))).toEqual([[0, "order"]]);
  });
});

describe("the end", () => {
  test.each([
    ["succeed", "", "cmVzdWx0"],
    ["failed", "no stock", undefined],
  ] as const)("%s is what the caller says, with its reason and its result", (status, reason, result) => {
    const ended = accept(
      aWorkflow(),
      { kind: "submit", asked: askedEnd(status, reason, result) },
      5 as EpochMs,
    );
    expect(ended.progress).toMatchObject({ status, reason, finishedAt: 5, nextRunAt: null });
    expect(ended.definition.result).toBe(result);
    expect(isWorkflowSettings(ended.definition.settings)).toBe(true);
  });

  test("comes while a call-back is out, whose answer then changes nothing", () => {
    const out = driven(aWorkflow(), CALL_BACK_MS).next;
    const ended = told(out, { kind: "submit", asked: askedEnd("succeed", "", "cg==") }, 11_000);
    expect(ended.persist).toBe("first");
    expect(ended.next.progress).toMatchObject({ status: "succeed", finishedAt: 11_000, nextRunAt: null });
    expect(ended.next.definition.result).toBe("cg==");
    const late = told(ended.next, answer(UNKNOWN, 11_000), 12_000);
    expect(late.next).toBe(ended.next);
  });

  test("is no person's to undo", () => {
    expect(ruleRollBack(aWorkflow())).toMatchObject({ kind: "refused", code: "wrong_status" });
  });
});

const ROW = aRow("01", "action");
const REQUESTS = {
  prepare: { kind: "prepare", asked: askedWorkflow("http://c/other") },
  "submit succeed": { kind: "submit", asked: askedEnd("succeed") },
  "submit failed": { kind: "submit", asked: askedEnd("failed") },
  "submit without an end": { kind: "submit", asked: askedWorkflow() },
  abort: { kind: "abort", reason: "" },
  "register a new row": { kind: "register", ...aRow("02", "action") },
  "register a row again": { kind: "register", ...ROW },
  "register another outcome": { kind: "register", ...ROW, statuses: ["failed"] },
  "register other data": {
    kind: "register",
    ...ROW,
    branches: ROW.branches.map((branch) => ({ ...branch, payload: new Uint8Array() })),
  },
} as const satisfies Record<string, StoredRequest>;

const NOT_PREPARED = "no trans with gid: g1 status: prepared found FAILURE";
const CONFLICT =
  "branch 01 of transaction 'g1' is registered already with another outcome, other URLs or other data; " +
  "use the next branch_id, or repeat the request as it was";
const NO_END = "req_extra.status is missing; a workflow is submitted as succeed or failed.";
const noSubmit = (status: Status) => `current status '${status}', cannot sumbmit. FAILURE`;
const noAbort = (status: Status) =>
  `trans type: 'workflow' current status '${status}', cannot abort. FAILURE`;

/** Status by request: `go`, `done`, or the sentence of the refusal. */
const RULINGS: Record<"prepared" | "succeed" | "failed", Record<keyof typeof REQUESTS, string>> = {
  prepared: {
    prepare: "done",
    "submit succeed": "go",
    "submit failed": "go",
    "submit without an end": NO_END,
    abort: noAbort("prepared"),
    "register a new row": "go",
    "register a row again": "done",
    "register another outcome": CONFLICT,
    "register other data": CONFLICT,
  },
  succeed: {
    prepare: "done",
    "submit succeed": "done",
    "submit failed": noSubmit("succeed"),
    "submit without an end": NO_END,
    abort: noAbort("succeed"),
    "register a new row": NOT_PREPARED,
    "register a row again": NOT_PREPARED,
    "register another outcome": NOT_PREPARED,
    "register other data": NOT_PREPARED,
  },
  failed: {
    prepare: "done",
    "submit succeed": noSubmit("failed"),
    "submit failed": "done",
    "submit without an end": NO_END,
    abort: noAbort("failed"),
    "register a new row": NOT_PREPARED,
    "register a row again": NOT_PREPARED,
    "register another outcome": NOT_PREPARED,
    "register other data": NOT_PREPARED,
  },
};

describe.each(Object.entries(RULINGS))("a workflow that is %s", (status, rulings) => {
  test.each(Object.entries(rulings))("%s: %s", (name, expected) => {
    const stored = aWorkflow([ROW]);
    const ruling = workflow.rule(
      { ...stored, progress: { ...stored.progress, status: status as Status } },
      REQUESTS[name as keyof typeof REQUESTS],
    );
    expect(ruling.kind === "refused" ? ruling.message : ruling.kind).toBe(expected);
  });
});

test("a workflow that a person ended by force is not submitted, even as failed", () => {
  const stored = aWorkflow();
  const stopped = told(stored, { kind: "forceStop", actor: "ann", reason: "enough" }, 1).next;
  expect(workflow.rule(stopped, REQUESTS["submit failed"])).toMatchObject({ code: "wrong_status" });
});
