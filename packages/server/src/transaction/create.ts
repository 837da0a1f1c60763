import type { Asked, EpochMs, Progress, Transaction } from "./model.ts";
import { modeOf } from "./modes.ts";
import { untouchedBranches } from "./progress.ts";

/** A new transaction: `prepared` is stored and waits for its submit, `submitted` is due at once. */
export function createTransaction(
  { definition, branches }: Asked,
  status: "prepared" | "submitted",
  now: EpochMs,
): Transaction {
  const progress: Progress = {
    status,
    branches: untouchedBranches(branches.length),
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
  return modeOf(definition.transType).begin({ definition, branches, progress });
}
