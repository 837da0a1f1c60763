import type { Asked, EpochMs, Progress, Transaction } from "./model.ts";
import { modeOf } from "./modes.ts";
import { untouchedBranches } from "./progress.ts";

/** A new transaction: `prepared` waits for its submit or for its mode's deadline, `submitted` is due at once. */
export function createTransaction(
  { definition, branches }: Asked,
  status: "prepared" | "submitted",
  now: EpochMs,
): Transaction {
  const progress: Progress = {
    status,
    branches: untouchedBranches(branches.length),
    preparedAt: status === "prepared" ? now : null,
    submittedAt: status === "submitted" ? now : null,
    updatedAt: now,
    finishedAt: null,
    nextRunAt: status === "submitted" ? now : null,
    parkedAt: null,
    parkedReason: "",
    reason: "",
    retryCount: 0,
    forcedBy: null,
    rolledBackBy: null,
  };
  const mode = modeOf(definition.transType);
  const begun = mode.begin({ definition, branches, progress });
  if (begun.progress.nextRunAt !== null) return begun;
  return { ...begun, progress: { ...begun.progress, nextRunAt: mode.deadlineAt(begun) } };
}
