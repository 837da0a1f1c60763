/** What a transaction waits for, for people who look at many of them at once. */
import { type Attempt, type Branch, isFinal, type Op, type OpProgress, type Transaction } from "./model.ts";
import { modeOf } from "./modes.ts";
import { at, opOf } from "./progress.ts";

/** An op whose turn it is, and whose last call brought no definite answer. */
export interface WaitingOp {
  readonly branch: Branch;
  readonly op: Op;
  readonly progress: OpProgress;
  readonly lastAttempt: Attempt;
}

/**
 * The op that the transaction waits for: of the open ops, the one with the most calls in a row without a clear answer,
 * then the one with the most calls. Undefined where no open op was answered yet.
 */
export function waitingOpOf(transaction: Transaction): WaitingOp | undefined {
  const { definition, branches, progress } = transaction;
  if (isFinal(progress.status)) return undefined;
  let worst: WaitingOp | undefined;
  for (const place of modeOf(definition.transType).openOps(transaction)) {
    const op = opOf(progress, place);
    const lastAttempt = op.attempts.at(-1);
    if (lastAttempt === undefined || (worst !== undefined && !isWorse(op, worst.progress))) continue;
    worst = { branch: at(branches, place.branch), op: place.op, progress: op, lastAttempt };
  }
  return worst;
}

function isWorse(one: OpProgress, other: OpProgress): boolean {
  const difference = one.unknownCount - other.unknownCount;
  return difference === 0 ? one.attemptCount > other.attemptCount : difference > 0;
}
