/** What to do next: call the ops that are due, wake up later for the others, park when the budget is spent. */
import type { Effect, Moment } from "./decision.ts";
import type { Mode } from "./mode.ts";
import type { EpochMs, OpProgress, Progress, Transaction } from "./model.ts";
import { at, isBusy, type OpPlace, opOf, replaceOp } from "./progress.ts";

export interface Plan {
  readonly progress: Progress;
  readonly effects: readonly Effect[];
}

export function plan(mode: Mode, moved: Transaction, { now, policy }: Moment): Plan {
  let { progress } = moved;
  const effects: Effect[] = [];
  const waits: EpochMs[] = [];
  let exhausted: OpPlace | undefined;
  const open = mode.openOps(moved);
  for (const { branch, op: name } of open) {
    const place = { branch, op: name };
    const op = opOf(progress, place);
    if (op.inFlight) continue;
    if (op.unknownCount >= policy.retryBudget) {
      exhausted ??= place;
      continue;
    }
    const turn = turnOf(op, mode.notBefore(moved, place));
    if (turn !== null && turn > now) waits.push(turn);
    else {
      effects.push({ kind: "call", branch, op: name, mayHaveRun: op.mayHaveRun });
      progress = replaceOp(progress, place, called(op));
    }
  }
  if (exhausted !== undefined && waits.length === 0 && !progress.branches.some(isBusy)) {
    progress = parked({ ...moved, progress }, exhausted, now);
  }
  const deadlineAt = mode.deadlineAt(moved);
  if (deadlineAt !== null) waits.push(deadlineAt);
  if (waits.length > 0) effects.push({ kind: "wake", at: Math.min(...waits) as EpochMs });
  return { progress, effects };
}

/** When an open op may be called; null: at once. */
function turnOf({ retryAt }: OpProgress, notBefore: EpochMs | null): EpochMs | null {
  if (retryAt === null || notBefore === null) return retryAt ?? notBefore;
  return Math.max(retryAt, notBefore) as EpochMs;
}

function called(op: OpProgress): OpProgress {
  return { ...op, inFlight: true, mayHaveRun: true, attemptCount: op.attemptCount + 1, retryAt: null };
}

function parked({ branches, progress }: Transaction, place: OpPlace, now: EpochMs): Progress {
  if (progress.parkedAt !== null) return progress;
  const { attemptCount, attempts } = opOf(progress, place);
  const last = attempts.at(-1)?.detail ?? "";
  const calls = attemptCount === 1 ? "call" : "calls";
  const parkedReason = `branch ${at(branches, place.branch).id} ${place.op}: no definite answer in ${attemptCount} ${calls}; the last: ${last}`;
  return { ...progress, parkedAt: now, parkedReason };
}

/**
 * The calls to take back after a change of status: they were asked for under the status before, and their ops are not
 * open any more. A call that still waits in line for its destination is then not made.
 */
export function takenBack(mode: Mode, transaction: Transaction): readonly Effect[] {
  const asked = transaction.progress.branches.flatMap((ops, branch): OpPlace[] =>
    Object.entries(ops).flatMap(([op, { inFlight }]) => (inFlight ? [{ branch, op }] : [])),
  );
  if (asked.length === 0) return [];
  const open = new Set(mode.openOps(transaction).map(keyOf));
  return asked.flatMap((place): Effect[] => (open.has(keyOf(place)) ? [] : [{ kind: "takeBack", ...place }]));
}

function keyOf({ branch, op }: OpPlace): string {
  return `${branch} ${op}`;
}
