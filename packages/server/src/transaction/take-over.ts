import type { Transaction } from "./model.ts";
import { modeOf } from "./modes.ts";
import { mapOps } from "./progress.ts";

/**
 * A transaction as somebody else finds it who takes it over: the answers to its last holder's calls will not be
 * heard here. `abandoned`: that holder died without letting it go; its mode says what may have run since then.
 */
export function takeOver(transaction: Transaction, abandoned: boolean): Transaction {
  const quiet = {
    ...transaction,
    progress: mapOps(transaction.progress, (op) => (op.inFlight ? { ...op, inFlight: false } : op)),
  };
  return modeOf(transaction.definition.transType).takenOver(quiet, abandoned);
}
