// Goal: the weight of a transaction grows byte by byte with everything that a caller or a branch can make long, and
// nothing weighs nothing.
import { describe, expect, test } from "vitest";
import type { Asked, Attempt, Branch, EpochMs, OpProgress, Progress } from "./model.ts";
import { UNTOUCHED } from "./progress.ts";
import { aSaga, aStep, askedSaga } from "./saga/saga-fixture.ts";
import { weightOf, weightOfBranches, weightOfProgress } from "./weight.ts";

const EMPTY: Branch = { id: "01", urls: {}, payload: new Uint8Array() };

describe("what was asked for", () => {
  const asked = askedSaga({ stepCount: 0 });
  const withCustomData = (length: number): Asked => ({
    definition: { ...asked.definition, customData: "x".repeat(length) },
    branches: [],
  });

  test("custom data counts by its characters, and a definition without any weighs something", () => {
    expect(weightOf(withCustomData(0))).toBeGreaterThan(0);
    expect(weightOf(withCustomData(7)) - weightOf(withCustomData(0))).toBe(7);
  });

  test("branches count as they do alone", () => {
    const branches = [aStep(0), aStep(1)];
    expect(weightOf({ ...asked, branches }) - weightOf(asked)).toBe(weightOfBranches(branches));
  });
});

describe("branches", () => {
  test("none weigh nothing; each weighs something, and as much as the next", () => {
    expect(weightOfBranches([])).toBe(0);
    const one = weightOfBranches([EMPTY]);
    expect(one).toBeGreaterThan(0);
    expect(weightOfBranches([EMPTY, EMPTY, EMPTY])).toBe(3 * one);
  });

  test("a payload counts by its bytes, and every URL by its characters", () => {
    const full = { ...EMPTY, urls: { action: "12345", compensate: "123" }, payload: new Uint8Array(1_000) };
    expect(weightOfBranches([full]) - weightOfBranches([EMPTY])).toBe(1_008);
  });
});

describe("progress", () => {
  const { progress } = aSaga({ stepCount: 1 });
  const attempt = (detail: string): Attempt => ({
    at: 0 as EpochMs,
    durationMs: 1,
    outcome: "unknown",
    detail,
  });
  const withOps = (...ops: readonly OpProgress[]): Progress => ({
    ...progress,
    branches: ops.map((op) => ({ action: op })),
  });
  const weightOfOp = (op: OpProgress): number => weightOfProgress(withOps(op)) - weightOfProgress(withOps());

  test("what nothing has happened to weighs something", () => {
    expect(weightOfProgress(withOps())).toBeGreaterThan(0);
    expect(weightOfProgress(progress)).toBe(weightOfProgress(withOps()));
  });

  test("both reasons count by their characters", () => {
    const told = { ...progress, reason: "12345", parkedReason: "123" };
    expect(weightOfProgress(told) - weightOfProgress(progress)).toBe(8);
    const refusedBy = { branchId: "01", op: "action", failureJson: "1234567" };
    expect(weightOfProgress({ ...progress, refusedBy }) - weightOfProgress(progress)).toBe(7);
  });

  test("every op of every branch counts, and as much as the next", () => {
    const one = weightOfOp(UNTOUCHED);
    expect(one).toBeGreaterThan(0);
    expect(weightOfProgress(withOps(UNTOUCHED, UNTOUCHED)) - weightOfProgress(withOps())).toBe(2 * one);
    const both: Progress = { ...progress, branches: [{ action: UNTOUCHED, compensate: UNTOUCHED }] };
    expect(weightOfProgress(both)).toBe(weightOfProgress(withOps(UNTOUCHED, UNTOUCHED)));
  });

  test("every attempt of an op counts, and its detail by its characters", () => {
    const without = weightOfOp(UNTOUCHED);
    const one = weightOfOp({ ...UNTOUCHED, attempts: [attempt("")] }) - without;
    expect(one).toBeGreaterThan(0);
    const two = weightOfOp({ ...UNTOUCHED, attempts: [attempt("12345"), attempt("123")] }) - without;
    expect(two).toBe(2 * one + 8);
  });
});
