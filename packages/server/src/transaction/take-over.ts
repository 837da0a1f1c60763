import type { Transaction } from "./model.ts";
import { modeOf } from "./modes.ts";
import { mapOps } from "./progress.ts";

/**
 * A transaction as the coordinator that takes it over sees it: this coordinator will not hear the answers to the last
 * holder's calls. `abandoned`: the last holder did not let go; the mode says what may have run since its last write.
 */
export function takeOver(transaction: Transaction, abandoned: boolean): Transaction {
  const quiet = {
    ...transaction,
    progress: mapOps(transaction.progress, (op) => (op.inFlight ? { ...op, inFlight: false } : op)),
  };
  return modeOf(transaction.definition.transType).takenOver(quiet, abandoned);
}
