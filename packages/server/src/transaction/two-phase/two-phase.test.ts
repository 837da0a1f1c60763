// Goal: tcc and xa call phase two in their order, ask a refusal again, end by the time limit, and rule on each request
// by the stored status (protocol 1.4, 1.5, 5.3, 5.5).
import { describe, expect, test } from "vitest";
import { accept, decide } from "../decide.ts";
import type { Decision, TransactionEvent } from "../decision.ts";
import type { StoredRequest } from "../mode.ts";
import type { BranchOutcome, EpochMs, Op, Status, Transaction } from "../model.ts";
import { modeOf } from "../modes.ts";
import { aPrepared, aRegistered, askedTwoPhase } from "./two-phase-under-test-fixture.ts";

const POLICY = { retryBaseMs: 1_000, retryCapMs: 300_000, retryBudget: 5 } as const;
const SUCCESS: BranchOutcome = { kind: "success" };
const FAILURE: BranchOutcome = { kind: "failure", reason: "no FAILURE" };

const OPS = {
  tcc: { commit: "confirm", undo: "cancel", order: [2, 1, 0] },
  xa: { commit: "commit", undo: "rollback", order: [0, 1, 2] },
} as const;
type Named = keyof typeof OPS;

function urlsOf(transType: Named): Record<string, string>[] {
  const { commit, undo } = OPS[transType];
  return [0, 1, 2].map((index) => ({ [undo]: `http://b/u${index}`, [commit]: `http://b/c${index}` }));
}

function prepared(transType: Named): Transaction {
  return aPrepared(transType, { urls: urlsOf(transType) });
}

function asked(transType: Named, transaction: Transaction, kind: "submit" | "abort"): Transaction {
  const event =
    kind === "submit"
      ? { kind, asked: askedTwoPhase(transType) }
      : { kind, reason: "the caller changed its mind" };
  return accept(transaction, event, 1 as EpochMs);
}

function told(transaction: Transaction, event: TransactionEvent, now = 2): Decision {
  return decide(transaction, event, { now: now as EpochMs, unit: 0.5, policy: POLICY });
}

function answer(branch: number, op: Op, outcome: BranchOutcome): TransactionEvent {
  return { kind: "answered", branch, op, outcome, startedAt: 2 as EpochMs, durationMs: 1 };
}

const callsOf = ({ effects }: Decision) =>
  effects.flatMap((effect) => (effect.kind === "call" ? [[effect.branch, effect.op]] : []));

describe.each(Object.keys(OPS) as Named[])("%s", (transType) => {
  const { commit, undo, order } = OPS[transType];

  test.each([
    ["submit", commit, "succeed", ""],
    ["abort", undo, "failed", "the caller changed its mind"],
  ] as const)("%s: calls %s of one branch after the other, and is %s", (kind, op, end, reason) => {
    let decision = told(asked(transType, prepared(transType), kind), { kind: "drive" });
    for (const branch of order) {
      expect(callsOf(decision)).toEqual([[branch, op]]);
      decision = told(decision.next, answer(branch, op, SUCCESS));
    }
    expect(callsOf(decision)).toEqual([]);
    expect(decision.next.progress).toMatchObject({ status: end, reason });
  });

  test.each([
    ["submit", commit],
    ["abort", undo],
  ] as const)("after %s, a FAILURE of %s is asked again and stops nothing", (kind, op) => {
    const [first] = order;
    const begun = told(asked(transType, prepared(transType), kind), { kind: "drive" });
    const refused = told(begun.next, answer(first, op, FAILURE));
    expect(callsOf(refused)).toEqual([]);
    expect(refused.next.progress.status).toBe(kind === "submit" ? "submitted" : "aborting");
    const again = told(refused.next, { kind: "drive" }, 1_200);
    expect(callsOf(again)).toEqual([[first, op]]);
  });

  test("that nobody submits in time is rolled back, and a branch that comes later is refused", () => {
    const waiting = prepared(transType);
    expect(waiting.progress.nextRunAt).toBe(35_000);
    expect(told(waiting, { kind: "drive" }, 34_999).next.progress).toMatchObject({
      status: "prepared",
      nextRunAt: 35_000,
    });
    const late = told(waiting, { kind: "drive" }, 35_000);
    expect(late.next.progress).toMatchObject({ status: "aborting", reason: "Timeout after 35 seconds" });
    expect(late.persist).toBe("first");
    expect(callsOf(late)).toEqual([[order[0], undo]]);
    const register: StoredRequest = { kind: "register", transType, branches: [] };
    expect(modeOf(transType).rule(late.next, register)).toMatchObject({
      code: "wrong_status",
      message: "no trans with gid: g1 status: prepared found FAILURE",
    });
  });

  test("whose clock was set back waits for its limit, and no longer", () => {
    const waiting = { ...prepared(transType) };
    const ahead = 3_600_000;
    const { progress } = waiting;
    const moved: Transaction = {
      ...waiting,
      progress: {
        ...progress,
        preparedAt: ahead as EpochMs,
        updatedAt: ahead as EpochMs,
        nextRunAt: (ahead + 35_000) as EpochMs,
      },
    };
    expect(told(moved, { kind: "drive" }, 0).next.progress.nextRunAt).toBe(35_000);
  });

  test("without branches ends at once", () => {
    const empty = aPrepared(transType);
    expect(told(asked(transType, empty, "submit"), { kind: "drive" }).next.progress.status).toBe("succeed");
    expect(told(asked(transType, empty, "abort"), { kind: "drive" }).next.progress.status).toBe("failed");
  });

  const NEW = aRegistered(7, { [undo]: "http://b/u7", [commit]: "http://b/c7" });
  const KNOWN = aRegistered(0, { [undo]: "http://b/u0", [commit]: "http://b/c0" });
  const requests = {
    prepare: { kind: "prepare", asked: askedTwoPhase(transType) },
    submit: { kind: "submit", asked: askedTwoPhase(transType) },
    abort: { kind: "abort", reason: "" },
    "register a new branch": { kind: "register", transType, branches: [NEW] },
    "register a branch again": { kind: "register", transType, branches: [KNOWN] },
    "register another content": {
      kind: "register",
      transType,
      branches: [{ ...KNOWN, urls: { ...KNOWN.urls, [commit]: "http://b/other" } }],
    },
    "register in another mode": {
      kind: "register",
      transType: transType === "tcc" ? "xa" : "tcc",
      branches: [NEW],
    },
  } as const satisfies Record<string, StoredRequest>;
  const cannotPrepare = (status: Status) => `current status '${status}', cannot prepare. FAILURE`;
  const cannotSubmit = (status: Status) => `current status '${status}', cannot sumbmit. FAILURE`;
  const cannotAbort = (status: Status) =>
    `trans type: '${transType}' current status '${status}', cannot abort. FAILURE`;
  const notPrepared = "no trans with gid: g1 status: prepared found FAILURE";
  const otherMode =
    "gid 'g1' is taken by a transaction with another trans_type; use a new gid, or repeat the request as it was";
  const otherContent =
    "branch 01 of transaction 'g1' is registered already with another outcome, other URLs or other data; " +
    "use the next branch_id, or repeat the request as it was";
  /** Status by request: `go`, `done`, or the sentence of the refusal. */
  const RULINGS: Record<Status, Record<keyof typeof requests, string>> = {
    prepared: {
      prepare: "done",
      submit: "go",
      abort: "go",
      "register a new branch": "go",
      "register a branch again": "done",
      "register another content": otherContent,
      "register in another mode": otherMode,
    },
    ...Object.fromEntries(
      (["submitted", "aborting", "succeed", "failed"] as const).map((status) => [
        status,
        {
          prepare: cannotPrepare(status),
          submit: status === "submitted" ? "done" : cannotSubmit(status),
          abort: status === "aborting" ? "done" : cannotAbort(status),
          "register a new branch": notPrepared,
          "register a branch again": notPrepared,
          "register another content": notPrepared,
          "register in another mode": otherMode,
        },
      ]),
    ),
  } as Record<Status, Record<keyof typeof requests, string>>;
  const cells = (Object.keys(RULINGS) as Status[]).flatMap((status) =>
    (Object.keys(requests) as (keyof typeof requests)[]).map((name) => [status, name] as const),
  );

  test.each(cells)("%s: %s", (status, name) => {
    const stored = prepared(transType);
    const ruling = modeOf(transType).rule(
      { ...stored, progress: { ...stored.progress, status } },
      requests[name],
    );
    expect(ruling.kind === "refused" ? ruling.message : ruling.kind).toBe(RULINGS[status][name]);
  });

  test("has a limit of branches, in number and in bytes", () => {
    const stored = prepared(transType);
    const many = Array.from({ length: 998 }, (_, index) =>
      aRegistered(index + 3, { [undo]: "http://b/u", [commit]: "http://b/c" }),
    );
    const rule = (branches: typeof many) =>
      modeOf(transType).rule(stored, { kind: "register", transType, branches });
    expect(rule(many)).toMatchObject({
      code: "invalid_argument",
      message: "a transaction has at most 1000 branches, and this one has 3; split it.",
    });
    expect(rule(many.slice(1)).kind).toBe("go");
    const [one] = many;
    if (one === undefined) throw new Error("there are many");
    const large = { ...one, payload: new Uint8Array(16 * 1024 * 1024) };
    expect(rule([large])).toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("take at most 16777216 bytes"),
    });
  });

  test("is rolled back by a person while it is prepared only", () => {
    const by = { kind: "rollBack", actor: "ann", reason: "wrong" } as const;
    expect(told(prepared(transType), by).next.progress).toMatchObject({
      status: "aborting",
      rolledBackBy: { actor: "ann" },
    });
    const submitted = asked(transType, prepared(transType), "submit");
    expect(told(submitted, by).next.progress).toMatchObject({ status: "submitted", rolledBackBy: null });
  });
});
