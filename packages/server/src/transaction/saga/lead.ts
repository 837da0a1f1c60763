/** Where a saga's status leads: forward to `succeed`, or back to `failed`. */
import type { Lead } from "../mode.ts";
import type { EpochMs, Transaction } from "../model.ts";
import { isBusy } from "../progress.ts";
import { later } from "../retry.ts";
import { needsCompensation } from "./open-ops.ts";

export function leadOf(transaction: Transaction, now: EpochMs): Lead | undefined {
  const { status, branches } = transaction.progress;
  if (status === "submitted") {
    if (branches.every(({ action }) => action?.status === "succeed")) return { to: "succeed" };
    const reason = abortReason(transaction, now);
    return reason === undefined ? undefined : { to: "aborting", reason };
  }
  if (status !== "aborting") return undefined;
  const isUndone = branches.every((ops) => !isBusy(ops) && !needsCompensation(ops));
  return isUndone ? { to: "failed" } : undefined;
}

/** Why a submitted saga must be rolled back now, in dtm's words; undefined when it need not (I5). */
function abortReason(transaction: Transaction, now: EpochMs): string | undefined {
  const { definition, progress } = transaction;
  if (progress.branches.some(({ action }) => action?.status === "failed")) return progress.reason;
  const { retryLimit, timeoutToFailMs } = definition.options;
  if (retryLimit > 0 && progress.retryCount > retryLimit) {
    return `RetryCount is greater than RetryLimit, RetryLimit: ${retryLimit}`;
  }
  const timeoutAt = timeoutAtOf(transaction);
  if (timeoutAt !== null && now >= timeoutAt) return `Timeout after ${timeoutToFailMs / 1_000} seconds`;
  return undefined;
}

/** When a submitted saga gives up going forward; null when never. Counted from submit, not from prepare. */
export function timeoutAtOf({ definition, progress }: Transaction): EpochMs | null {
  const { status, submittedAt } = progress;
  const { timeoutToFailMs } = definition.options;
  if (status !== "submitted" || timeoutToFailMs === 0 || submittedAt === null) return null;
  return later(submittedAt, timeoutToFailMs);
}
