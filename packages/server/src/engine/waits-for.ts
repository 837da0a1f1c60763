import { urlOf } from "../transaction/branch-url.ts";
import type { Transaction } from "../transaction/model.ts";
import { waitingOpOf } from "../transaction/waiting-op.ts";
import type { BranchCaller, WaitsFor } from "./ports.ts";

/** What the transaction waits for, as it is stored with it; undefined where it waits for no answer. */
export function waitsForOf(
  transaction: Transaction,
  branches: Pick<BranchCaller, "destinationOf">,
): WaitsFor | undefined {
  const waiting = waitingOpOf(transaction);
  if (waiting === undefined) return undefined;
  const { branch, op, progress, lastAttempt } = waiting;
  return {
    branchId: branch.id,
    op,
    destination: branches.destinationOf(urlOf(branch, op), transaction.definition.protocol),
    attemptCount: progress.attemptCount,
    outcome: lastAttempt.outcome,
    detail: lastAttempt.detail,
    nextAt: transaction.progress.parkedAt === null ? progress.retryAt : null,
  };
}
