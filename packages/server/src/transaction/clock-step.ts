/**
 * What is pending is stored as instants, and the clock may be set back between two looks at a record: an hour lost
 * there would be an hour without retries and time limits.
 */
import { CLOCK_STEP_MS_MIN } from "./limits.ts";
import type { EpochMs, Progress } from "./model.ts";
import { mapOps } from "./progress.ts";

/** Whether a record that was written at `updatedAt` was written before the clock was set back. */
export function isFromBeforeStep(updatedAt: EpochMs, now: EpochMs): boolean {
  return updatedAt - now > CLOCK_STEP_MS_MIN;
}

/**
 * The progress with all pending instants moved back by as much as the record lies ahead of `now`. The record was
 * written `now` or earlier, so nothing becomes due too early; what is due comes late by the time that went by since
 * the record was written, which is at most its own delay.
 */
export function afterStep(progress: Progress, now: EpochMs): Progress {
  const { updatedAt, submittedAt } = progress;
  if (!isFromBeforeStep(updatedAt, now)) return progress;
  const aheadMs = updatedAt - now;
  const moved = (at: EpochMs | null): EpochMs | null => (at === null ? null : ((at - aheadMs) as EpochMs));
  const shifted = mapOps(progress, (op) =>
    op.retryAt === null ? op : { ...op, retryAt: moved(op.retryAt) },
  );
  return { ...shifted, submittedAt: moved(submittedAt), updatedAt: now };
}
