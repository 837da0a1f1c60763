// Goal: an error tells who refused and what is waited for, from what is stored, also by version 0.1.0.
import { aTransaction, UNTOUCHED_OP } from "@lockstep/testkit/store-contract";
import { describe, expect, test } from "vitest";
import type { Attempt, BranchProgress, EpochMs, Progress } from "../transaction/model.ts";
import { askedMsg } from "../transaction/msg/msg-under-test-fixture.ts";
import { aStep } from "../transaction/saga/saga-fixture.ts";
import { lastAttemptOf, refusalOf } from "./explanation.ts";

const at = (ms: number): EpochMs => (1_795_339_881_000 + ms) as EpochMs;
const failedOp = { ...UNTOUCHED_OP, status: "failed" } as const;

function aSaga(branches: readonly BranchProgress[], progress: Partial<Progress> = {}) {
  return aTransaction({
    branches: branches.map((_, index) => aStep(index, { action: `http://b/${index}?token=1` })),
    progress: { branches, ...progress },
  });
}

describe("refusalOf", () => {
  const reason = 'url:http://b/1?token=1 return failed: {"error":"no","code":"old"} FAILURE';
  test("is who is stored, with what the branch told", () => {
    const refusedBy = { branchId: "02", op: "action", failureJson: '{"code":"new","data":[1]}' };
    expect(refusalOf(aSaga([{ action: failedOp }, { action: failedOp }], { reason, refusedBy }))).toEqual({
      branchId: "02",
      op: "action",
      url: "http://b/1",
      message: "no",
      body: '{"error":"no","code":"old"}',
      code: "new",
      data: [1],
    });
  });

  test("of version 0.1.0's record is the op that failed", () => {
    const refusal = refusalOf(
      aSaga([{ action: { ...UNTOUCHED_OP, status: "succeed" } }, { action: failedOp }], { reason }),
    );
    expect(refusal).toMatchObject({ branchId: "02", op: "action", code: "old" });
  });

  test("is none where no branch refused", () => {
    expect(refusalOf(aSaga([{}], { reason: "Timeout after 2 seconds" }))).toBeUndefined();
    expect(refusalOf(aSaga([{}]))).toBeUndefined();
  });
});

describe("lastAttemptOf", () => {
  const attempt = (ms: number, detail = "HTTP 500"): Attempt => ({
    at: at(ms),
    durationMs: 1,
    outcome: "unknown",
    detail,
  });
  const open = (...attempts: Attempt[]) => ({ ...UNTOUCHED_OP, attempts, attemptCount: attempts.length });

  test("is the latest call of an op that is open", () => {
    const saga = aSaga(
      [
        { action: { ...open(attempt(9)), status: "succeed" } },
        { action: open(attempt(1), attempt(5, "last")) },
        { action: open(attempt(4)) },
      ],
      { nextRunAt: at(1_000) },
    );
    expect(lastAttemptOf(saga)).toEqual({
      branchId: "02",
      op: "action",
      url: "http://b/1",
      attemptCount: 2,
      at: new Date(at(5)).toISOString(),
      outcome: "unknown",
      detail: "last",
      nextAt: new Date(at(1_000)).toISOString(),
    });
  });

  test("is not one of an op that was passed over: the check-back of a message that was submitted meanwhile", () => {
    const { definition, branches } = askedMsg();
    const stored = aTransaction({
      definition: { transType: "msg", settings: definition.settings },
      branches,
      progress: {
        status: "submitted",
        branches: [{ msg: open(attempt(9)) }, { action: open(attempt(5)) }, {}],
      },
    });
    expect(lastAttemptOf(stored)).toMatchObject({ branchId: "01", op: "action" });
  });

  test("is none before the first call of an open op has ended", () => {
    expect(
      lastAttemptOf(aSaga([{ action: { ...open(attempt(1)), status: "succeed" } }, { action: open() }, {}])),
    ).toBeUndefined();
  });

  test("plans nothing where nothing is planned", () => {
    expect(lastAttemptOf(aSaga([{ action: open(attempt(1)) }], { nextRunAt: null }))).not.toHaveProperty(
      "nextAt",
    );
  });
});
