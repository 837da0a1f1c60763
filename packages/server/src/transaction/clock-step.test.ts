// Goal: a record that was written before the clock was set back is moved back with it, whole; any other stays.
import { expect, test } from "vitest";
import { afterStep, isFromBeforeStep } from "./clock-step.ts";
import { CLOCK_STEP_MS_MIN } from "./limits.ts";
import type { EpochMs, Progress } from "./model.ts";
import { UNTOUCHED } from "./progress.ts";
import { aSaga } from "./saga/saga-fixture.ts";

const NOW = 1_000_000 as EpochMs;
const ms = (value: number): EpochMs => value as EpochMs;

function written(aheadMs: number): Progress {
  const writtenAt = NOW + aheadMs;
  return {
    ...aSaga({ stepCount: 2 }).progress,
    submittedAt: ms(writtenAt - 100),
    updatedAt: ms(writtenAt),
    nextRunAt: ms(writtenAt + 5_000),
    branches: [
      { action: { ...UNTOUCHED, retryAt: ms(writtenAt + 5_000), attemptCount: 2 } },
      { action: { ...UNTOUCHED, status: "succeed", finishedAt: ms(writtenAt) } },
    ],
  };
}

test.for([
  ["written earlier", -3_600_000, false],
  ["written now", 0, false],
  ["ahead by a correction that every clock gets", CLOCK_STEP_MS_MIN, false],
  ["ahead by more", CLOCK_STEP_MS_MIN + 1, true],
] as const)("%s", ([, aheadMs, isStep]) => {
  expect(isFromBeforeStep(ms(NOW + aheadMs), NOW)).toBe(isStep);
  const progress = written(aheadMs);
  if (isStep) expect(afterStep(progress, NOW)).not.toBe(progress);
  else expect(afterStep(progress, NOW)).toBe(progress);
});

test("all that is pending keeps its distance to the record, what has happened stays", () => {
  const aheadMs = 3_600_000;
  const before = written(aheadMs);
  const after = afterStep(before, NOW);
  expect(after).toEqual({
    ...before,
    updatedAt: NOW,
    submittedAt: NOW - 100,
    nextRunAt: NOW + 5_000,
    branches: [{ action: { ...UNTOUCHED, retryAt: NOW + 5_000, attemptCount: 2 } }, before.branches[1]],
  });
  expect(after.branches[1]?.["action"]).toBe(before.branches[1]?.["action"]);
});

test("what was never submitted stays so", () => {
  const prepared = { ...written(60_000), submittedAt: null, nextRunAt: null };
  expect(afterStep(prepared, NOW)).toMatchObject({ submittedAt: null, nextRunAt: null });
});
