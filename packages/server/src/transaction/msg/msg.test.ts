// Goal: a msg asks its caller when its time is up, calls its actions in order and not before its delay, never leads
// back, and rules on each request by the stored status (protocol 1.4, 4.6, 5.4).
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accept, decide } from "../decide.ts";
import type { Decision, TransactionEvent } from "../decision.ts";
import type { StoredRequest } from "../mode.ts";
import type { BranchOutcome, EpochMs, Op, Status, Transaction } from "../model.ts";
import { modeOf } from "../modes.ts";
import { ruleRollBack } from "../operator-rulings.ts";
import { ruleRetryNow } from "../rulings.ts";
import { takeOver } from "../take-over.ts";
import { waitingOpOf } from "../waiting-op.ts";
import { aMsg, askedMsg, createdMsgs, type MsgChanges } from "./msg-under-test-fixture.ts";
import { isMsgSettings } from "./settings.ts";

const POLICY = { retryBaseMs: 1_000, retryCapMs: 300_000, retryBudget: 3 } as const;
const SUCCESS: BranchOutcome = { kind: "success" };
const FAILURE: BranchOutcome = { kind: "failure", reason: "no FAILURE" };
const ONGOING: BranchOutcome = { kind: "ongoing" };
const UNKNOWN: BranchOutcome = { kind: "unknown", cause: "lost" };
const LIMIT_MS = 35_000;

function told(transaction: Transaction, event: TransactionEvent, now: number): Decision {
  return decide(transaction, event, { now: now as EpochMs, unit: 0.5, policy: POLICY });
}

const driven = (transaction: Transaction, now: number): Decision => told(transaction, { kind: "drive" }, now);

function answer(branch: number, op: Op, outcome: BranchOutcome, at: number): TransactionEvent {
  return { kind: "answered", branch, op, outcome, startedAt: at as EpochMs, durationMs: 1 };
}

const callsOf = ({ effects }: Decision) =>
  effects.flatMap((effect) => (effect.kind === "call" ? [[effect.branch, effect.op]] : []));

/** A prepared message whose check-back was called when its time was up, and answered `outcome`. */
function checkedBack(outcome: BranchOutcome, changes: MsgChanges = {}): Decision {
  const asked = driven(aMsg("prepared", changes), LIMIT_MS);
  expect(callsOf(asked)).toEqual([[0, "msg"]]);
  return told(asked.next, answer(0, "msg", outcome, LIMIT_MS), LIMIT_MS);
}

describe("a prepared message", () => {
  test("asks its caller when its time limit is up, and not before", () => {
    const waiting = aMsg("prepared");
    expect(waiting.progress.nextRunAt).toBe(LIMIT_MS);
    const early = driven(waiting, LIMIT_MS - 1);
    expect(callsOf(early)).toEqual([]);
    expect(early.next.progress).toMatchObject({ status: "prepared", nextRunAt: LIMIT_MS });
    expect(callsOf(driven(early.next, LIMIT_MS))).toEqual([[0, "msg"]]);
  });

  test("is submitted by a success, and its first action is called after that is durable", () => {
    const decision = checkedBack(SUCCESS);
    expect(decision.next.progress).toMatchObject({ status: "submitted", submittedAt: LIMIT_MS });
    expect(decision.persist).toBe("first");
    expect(callsOf(decision)).toEqual([[1, "action"]]);
  });

  test("is failed by a FAILURE, with the reason and who gave it", () => {
    expect(checkedBack(FAILURE).next.progress).toMatchObject({
      status: "failed",
      finishedAt: LIMIT_MS,
      reason: "url:http://c/q return failed: no FAILURE",
      refusedBy: { branchId: "00", op: "msg" },
    });
  });

  test("is polled after ONGOING, and asked with longer pauses after no clear answer", () => {
    const ongoing = checkedBack(ONGOING);
    expect(ongoing.next.progress).toMatchObject({ status: "prepared", nextRunAt: LIMIT_MS + 1_000 });
    const lost = checkedBack(UNKNOWN);
    const at = LIMIT_MS + 1_000;
    const again = driven(lost.next, at);
    expect(callsOf(again)).toEqual([[0, "msg"]]);
    const lostAgain = told(again.next, answer(0, "msg", UNKNOWN, at), at);
    expect(lostAgain.next.progress.nextRunAt).toBe(at + 2_000);
    expect(waitingOpOf(lostAgain.next)).toMatchObject({ branch: { id: "00" }, op: "msg" });
  });

  test("whose check-back has used up its budget is parked, and a person gets the next try", () => {
    let { next } = checkedBack(UNKNOWN);
    for (let now = LIMIT_MS + 1_000; next.progress.parkedAt === null; now += 10_000)
      next = told(driven(next, now).next, answer(0, "msg", UNKNOWN, now), now).next;
    expect(next.progress).toMatchObject({
      status: "prepared",
      nextRunAt: null,
      parkedReason: "branch 00 msg: no definite answer in 3 calls; the last: lost",
    });
    expect(ruleRetryNow(next)).toEqual({ kind: "go" });
    expect(callsOf(told(next, { kind: "retryNow" }, 100_000))).toEqual([[0, "msg"]]);
    const submitted = accept(next, { kind: "submit", asked: askedMsg() }, 100_000 as EpochMs);
    expect(submitted.progress).toMatchObject({ status: "submitted", parkedAt: null, parkedReason: "" });
  });

  test("whose check-back answered what nobody can read is parked at once, and a person gets the next try", () => {
    const { next } = checkedBack({ kind: "unknown", cause: "unreadable", trait: "lasting" });
    expect(next.progress).toMatchObject({ status: "prepared", parkedAt: LIMIT_MS, nextRunAt: null });
    expect(ruleRetryNow(next)).toEqual({ kind: "go" });
  });

  test("whose check-back waits for its next try can get it now; one that was never asked has none", () => {
    expect(ruleRetryNow(checkedBack(ONGOING).next)).toEqual({ kind: "go" });
    expect(ruleRetryNow(aMsg("prepared"))).toEqual({ kind: "done" });
  });

  test("is ended by its caller's abort, also while the check-back is out", () => {
    const out = driven(aMsg("prepared"), LIMIT_MS).next;
    const aborted = told(out, { kind: "abort", reason: "rolled back" }, 36_000);
    expect(aborted.next.progress).toMatchObject({
      status: "failed",
      reason: "rolled back",
      finishedAt: 36_000,
      nextRunAt: null,
    });
    expect(aborted).toMatchObject({ effects: [], persist: "first" });
  });

  test("that is submitted while the check-back is out goes forward, whatever its answer", () => {
    const out = driven(aMsg("prepared"), LIMIT_MS).next;
    const submitted = told(out, { kind: "submit", asked: askedMsg() }, 36_000);
    expect(submitted.effects).toContainEqual({ kind: "takeBack", branch: 0, op: "msg" });
    expect(callsOf(submitted)).toEqual([[1, "action"]]);
    const late = told(submitted.next, answer(0, "msg", FAILURE, 36_000), 37_000);
    expect(late.next.progress).toMatchObject({ status: "submitted", reason: "" });
    expect(late.next.progress).not.toHaveProperty("refusedBy");
    const done = told(late.next, answer(1, "action", SUCCESS, 36_000), 37_000);
    const end = told(done.next, answer(2, "action", SUCCESS, 37_000), 37_000);
    expect(end.next.progress).toMatchObject({ status: "succeed", reason: "" });
  });

  test("without a check-back waits for its submit, and nothing else moves it", () => {
    const waiting = aMsg("prepared", { queryPrepared: "" });
    expect(waiting.progress.nextRunAt).toBeNull();
    const late = driven(waiting, 100 * LIMIT_MS);
    expect(late.effects).toEqual([]);
    expect(late.next.progress.status).toBe("prepared");
  });

  test.each([
    ["success", "submitted"],
    ["failure", "failed"],
  ] as const)("whose check-back a person takes as %s is %s", (outcome, status) => {
    const event = { kind: "takeAsDone", branchId: "00", op: "msg", outcome } as const;
    const taken = told(checkedBack(UNKNOWN).next, { ...event, actor: "ann", reason: "I asked" }, 36_000);
    expect(taken.next.progress.status).toBe(status);
  });
});

describe("a submitted message", () => {
  test("calls one action after the other, and is done", () => {
    const first = driven(aMsg("submitted"), 1);
    expect(callsOf(first)).toEqual([[1, "action"]]);
    const second = told(first.next, answer(1, "action", SUCCESS, 1), 2);
    expect(callsOf(second)).toEqual([[2, "action"]]);
    const end = told(second.next, answer(2, "action", SUCCESS, 2), 3);
    expect(end.next.progress).toMatchObject({ status: "succeed", finishedAt: 3 });
  });

  test("calls all actions at once where it is concurrent", () => {
    expect(callsOf(driven(aMsg("submitted", { concurrent: true }), 1))).toEqual([
      [1, "action"],
      [2, "action"],
    ]);
  });

  test("without steps is done at once", () => {
    expect(driven(aMsg("submitted", { actions: [] }), 1).next.progress.status).toBe("succeed");
  });

  test.each([
    ["FAILURE", FAILURE, 1_001],
    ["ONGOING", ONGOING, 1_001],
    ["no clear answer", UNKNOWN, 1_001],
  ] as const)("asks an action again after %s, and never leads back", (_name, outcome, again) => {
    const first = driven(aMsg("submitted"), 1);
    const told1 = told(first.next, answer(1, "action", outcome, 1), 1);
    expect(told1.next.progress).toMatchObject({ status: "submitted", reason: "", nextRunAt: again });
    expect(callsOf(driven(told1.next, again))).toEqual([[1, "action"]]);
    expect(told1.next.progress.retryCount).toBe(0);
    expect(ruleRollBack(told1.next)).toMatchObject({ kind: "refused", code: "wrong_status" });
  });

  test("waits for its delay, which counts from its submit", () => {
    const direct = driven(aMsg("submitted", { delayMs: 10_000 }), 8_000);
    expect(callsOf(direct)).toEqual([]);
    expect(direct).toMatchObject({ hold: false, next: { progress: { nextRunAt: 10_000 } } });
    expect(callsOf(driven(direct.next, 10_000))).toEqual([[1, "action"]]);
    const asked = askedMsg({ delayMs: 10_000 });
    const submitted = accept(aMsg("prepared"), { kind: "submit", asked }, 4_000 as EpochMs);
    expect(driven(submitted, 4_000).next.progress.nextRunAt).toBe(14_000);
    expect(callsOf(driven(submitted, 14_000))).toEqual([[1, "action"]]);
  });

  test("whose actions have no URL is done after its delay, and not before", () => {
    const empty = driven(aMsg("submitted", { actions: [""], delayMs: 10_000 }), 1);
    expect(empty.next.progress).toMatchObject({ status: "submitted", nextRunAt: 10_000 });
    expect(driven(empty.next, 10_000).next.progress.status).toBe("succeed");
  });
});

describe("requests", () => {
  const requests = {
    prepare: { kind: "prepare", asked: askedMsg() },
    "prepare without query_prepared": { kind: "prepare", asked: askedMsg({ queryPrepared: "" }) },
    "prepare with another query_prepared": {
      kind: "prepare",
      asked: askedMsg({ queryPrepared: "http://c/other" }),
    },
    submit: { kind: "submit", asked: askedMsg() },
    "submit without query_prepared": { kind: "submit", asked: askedMsg({ queryPrepared: "" }) },
    "submit with a delay": { kind: "submit", asked: askedMsg({ delayMs: 1_000 }) },
    "short submit": { kind: "submit", asked: { ...askedMsg(), branches: [] } },
    "submit with another step": {
      kind: "submit",
      asked: askedMsg({ actions: ["http://b/a1", "http://b/x"] }),
    },
    abort: { kind: "abort", reason: "" },
    register: { kind: "register", transType: "msg", branches: [] },
  } as const satisfies Record<string, StoredRequest>;
  type Name = keyof typeof requests;
  const cannotPrepare = (status: Status) => `current status '${status}', cannot prepare. FAILURE`;
  const cannotSubmit = (status: Status) => `current status '${status}', cannot sumbmit. FAILURE`;
  const cannotAbort = (status: Status) =>
    `trans type: 'msg' current status '${status}', cannot abort. FAILURE`;
  const other = (what: string) =>
    `gid 'g1' is taken by a transaction with another ${what}; use a new gid, or repeat the request as it was`;
  const prepares = (ruling: string, conflict: string) => ({
    prepare: ruling,
    "prepare without query_prepared": ruling,
    "prepare with another query_prepared": conflict,
  });
  const submits = (ruling: string) => ({
    submit: ruling,
    "submit without query_prepared": ruling,
    "submit with a delay": ruling,
    "short submit": ruling,
    "submit with another step": other("branch 02"),
  });
  const register = (status: Status) =>
    `trans type: 'msg' current status '${status}', cannot register a branch. FAILURE`;
  const later = (status: Status, submit: string, abort: string): Record<Name, string> => ({
    ...prepares(cannotPrepare(status), cannotPrepare(status)),
    ...submits(submit),
    abort,
    register: register(status),
  });
  /** Status by request: `go`, `done`, or the sentence of the refusal. */
  const RULINGS: Record<Exclude<Status, "aborting">, Record<Name, string>> = {
    prepared: {
      ...prepares("done", other("branch 00")),
      ...submits("go"),
      abort: "go",
      register: register("prepared"),
    },
    submitted: later("submitted", "done", cannotAbort("submitted")),
    succeed: later("succeed", cannotSubmit("succeed"), cannotAbort("succeed")),
    failed: later("failed", cannotSubmit("failed"), "done"),
  };
  const cells = Object.entries(RULINGS).flatMap(([status, row]) =>
    Object.entries(row).map(([name, ruling]) => [status as Status, name as Name, ruling] as const),
  );

  test.each(cells)("%s: %s", (status, name, expected) => {
    const stored = aMsg("prepared");
    const ruling = modeOf("msg").rule(
      { ...stored, progress: { ...stored.progress, status } },
      requests[name],
    );
    expect(ruling.kind === "refused" ? ruling.message : ruling.kind).toBe(expected);
  });

  test("a submit without query_prepared keeps the stored one, and the steps with it", () => {
    const asked = askedMsg({ queryPrepared: "" });
    const { branches } = accept(aMsg("prepared"), { kind: "submit", asked }, 1 as EpochMs);
    expect(branches).toEqual(askedMsg().branches);
  });

  test("a short submit runs what was prepared, with its delay", () => {
    const asked = { ...askedMsg(), branches: [] };
    const submitted = accept(aMsg("prepared", { delayMs: 5_000 }), { kind: "submit", asked }, 1 as EpochMs);
    expect(driven(submitted, 1).next.progress.nextRunAt).toBe(5_001);
  });
});

test.each([
  [{ timeLimitMs: 1, delayMs: 0 }, true],
  [{ timeLimitMs: 0, delayMs: 0 }, false],
  [{ timeLimitMs: 1, delayMs: -1 }, false],
  [{ timeLimitMs: 1 }, false],
  [{ timeLimitMs: "1", delayMs: 0 }, false],
  [{ timeLimitMs: 1, delayMs: Number.POSITIVE_INFINITY }, false],
])("%j can be stored settings: %j", (settings, expected) => {
  expect(isMsgSettings(settings)).toBe(expected);
});

describe("M1, M2: not before", () => {
  type Step =
    | { readonly kind: "event"; readonly event: TransactionEvent }
    | { readonly kind: "submit"; readonly delayMs: number }
    | { readonly kind: "takeOver"; readonly abandoned: boolean }
    | { readonly kind: "setBack"; readonly ms: number }
    | { readonly kind: "answer"; readonly outcome: BranchOutcome };

  const places = fc.record({ branch: fc.nat(5), op: fc.constantFrom("msg", "action") });
  const steps: fc.Arbitrary<Step> = fc.oneof(
    fc.constantFrom<Step>(
      { kind: "event", event: { kind: "drive" } },
      { kind: "event", event: { kind: "retryNow" } },
      { kind: "submit", delayMs: 0 },
      { kind: "submit", delayMs: 20_000 },
    ),
    places.map((place): Step => ({ kind: "event", event: { kind: "wake", places: [place] } })),
    fc.boolean().map((abandoned): Step => ({ kind: "takeOver", abandoned })),
    fc.constantFrom(500, 1_500, 3_600_000).map((ms): Step => ({ kind: "setBack", ms })),
    fc.constantFrom(SUCCESS, FAILURE, ONGOING, UNKNOWN).map((outcome): Step => ({ kind: "answer", outcome })),
  );

  // The clock is the one of the wall; `passedMs` is what really went by since the message was created.
  test("whatever a person, a wake-up, a take-over or a clock that is set back asks for", () => {
    fc.assert(
      fc.property(
        createdMsgs,
        fc.array(fc.tuple(steps, fc.nat(9_000)), { maxLength: 40 }),
        (start, history) => {
          const { timeLimitMs } = start.definition.settings as { timeLimitMs: number };
          let transaction = start;
          let now = 0;
          let passedMs = 0;
          let submittedAfterMs = 0;
          for (const [step, ms] of history) {
            now += ms - (step.kind === "setBack" ? step.ms : 0);
            passedMs += ms;
            const before = step.kind === "takeOver" ? takeOver(transaction, step.abandoned) : transaction;
            const event = eventOf(step, before);
            // As the engine does: a request that is not ruled `go` is no event.
            const isRefused = event.kind === "submit" && modeOf("msg").rule(before, event).kind !== "go";
            if (isRefused) continue;
            const decision = told(before, event, now);
            const { delayMs } = decision.next.definition.settings as { delayMs: number };
            const isSubmitted = decision.next.progress.status !== "prepared";
            if (transaction.progress.status === "prepared" && isSubmitted) submittedAfterMs = passedMs;
            for (const [, op] of callsOf(decision)) {
              const earliestMs = op === "msg" ? timeLimitMs : submittedAfterMs + delayMs;
              expect(passedMs).toBeGreaterThanOrEqual(earliestMs);
            }
            transaction = decision.next;
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  function eventOf(step: Step, { definition, branches, progress }: Transaction): TransactionEvent {
    if (step.kind === "event") return step.event;
    if (step.kind === "submit") {
      const settings = { ...definition.settings, delayMs: step.delayMs };
      return { kind: "submit", asked: { definition: { ...definition, settings }, branches } };
    }
    if (step.kind !== "answer") return { kind: "drive" };
    const [out] = progress.branches.flatMap((ops, branch) =>
      Object.keys(ops).flatMap((op) => (ops[op]?.inFlight === true ? [{ branch, op }] : [])),
    );
    return out === undefined ? { kind: "drive" } : answer(out.branch, out.op, step.outcome, 0);
  }
});
