/**
 * Retries and time limits are stored as instants. Somebody may set the clock back between two reads of a record: when
 * it is set back by an hour, every stored instant lies an hour too late. This file moves such instants back.
 */
import { CLOCK_STEP_MS_MIN } from "./limits.ts";
import type { EpochMs, Progress } from "./model.ts";
import { mapOps } from "./progress.ts";

/** Whether a record that was written at `updatedAt` was written before the clock was set back. */
export function isFromBeforeStep(updatedAt: EpochMs, now: EpochMs): boolean {
  return updatedAt - now > CLOCK_STEP_MS_MIN;
}

/**
 * The progress with `preparedAt`, `submittedAt`, `nextRunAt` and each `retryAt` moved back by as much as `updatedAt` lies
 * ahead of `now`. The record was written now or earlier, so nothing becomes due too early. A retry may come late: it waits from now on for
 * as long as it had to wait when the record was written, at most for its own delay.
 */
export function afterStep(progress: Progress, now: EpochMs): Progress {
  const { updatedAt, preparedAt, submittedAt, nextRunAt } = progress;
  if (!isFromBeforeStep(updatedAt, now)) return progress;
  const aheadMs = updatedAt - now;
  const moved = (at: EpochMs | null): EpochMs | null => (at === null ? null : ((at - aheadMs) as EpochMs));
  const shifted = mapOps(progress, (op) =>
    op.retryAt === null ? op : { ...op, retryAt: moved(op.retryAt) },
  );
  return {
    ...shifted,
    preparedAt: moved(preparedAt),
    submittedAt: moved(submittedAt),
    nextRunAt: moved(nextRunAt),
    updatedAt: now,
  };
}
