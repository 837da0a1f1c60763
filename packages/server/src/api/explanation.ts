/** What is stored about a transaction that an error can tell its caller: who refused, and what it waits for. */
import {
  type LastAttempt,
  parseFailureJson,
  type Refusal,
  refusalOfReason,
  shownUrl,
} from "@lockstep/protocol";
import { urlOf } from "../transaction/branch-url.ts";
import type { Branch, EpochMs, Op, OpProgress, Transaction } from "../transaction/model.ts";
import { modeOf } from "../transaction/modes.ts";
import { opOf } from "../transaction/progress.ts";

/** The refusal that rolls the transaction back; undefined where no branch refused. */
export function refusalOf({ branches, progress }: Transaction): Refusal | undefined {
  const { reason, refusedBy } = progress;
  const said = refusalOfReason(reason);
  if (said === undefined) return undefined;
  // Version 0.1.0 did not store who refused.
  const { branchId, op, failureJson = "" } = refusedBy ?? failedOp(branches, progress.branches);
  return { branchId, op, ...said, ...parseFailureJson(failureJson) };
}

function failedOp(
  branches: readonly Branch[],
  progresses: Transaction["progress"]["branches"],
): { readonly branchId: string; readonly op: Op; readonly failureJson?: string } {
  for (const [index, ops] of progresses.entries()) {
    const op = Object.keys(ops).find((name) => ops[name]?.status === "failed");
    const branch = branches[index];
    if (op !== undefined && branch !== undefined) return { branchId: branch.id, op };
  }
  return { branchId: "", op: "" };
}

/**
 * The last call that has ended of an op that is still open: the transaction waits for that op. Undefined where no call
 * of an open op has ended.
 */
export function lastAttemptOf(transaction: Transaction): LastAttempt | undefined {
  const { definition, branches, progress } = transaction;
  let last: { readonly branch: Branch; readonly op: Op; readonly progress: OpProgress } | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;
  for (const place of modeOf(definition.transType).openOps(transaction)) {
    const own = opOf(progress, place);
    const at = own.attempts.at(-1)?.at;
    const branch = branches[place.branch];
    if (branch === undefined || at === undefined || at < lastAt) continue;
    last = { branch, op: place.op, progress: own };
    lastAt = at;
  }
  const attempt = last?.progress.attempts.at(-1);
  if (last === undefined || attempt === undefined) return undefined;
  return {
    branchId: last.branch.id,
    op: last.op,
    url: shownUrl(urlOf(last.branch, last.op)),
    attemptCount: last.progress.attemptCount,
    at: timeOf(attempt.at),
    outcome: attempt.outcome,
    detail: attempt.detail,
    ...(progress.nextRunAt === null ? {} : { nextAt: timeOf(progress.nextRunAt) }),
  };
}

function timeOf(at: EpochMs): string {
  return new Date(at).toISOString();
}
