/**
 * The mode `saga` (Garcia-Molina and Salem, "Sagas", 1987; protocol 5.2): branches with an `action` each, and a
 * `compensate` that undoes it.
 *
 * - I4: `succeed`: every action succeeded. `failed`: every branch that may have run was compensated, in reverse
 *   order of the list, or of the order graph when concurrent.
 */

import { unreachable } from "../invariant.ts";
import type { Mode } from "../mode.ts";
import type { BranchProgress, Transaction } from "../model.ts";
import { UNTOUCHED } from "../progress.ts";
import { ruleNoAbort, ruleNoBranches, rulePrepare, ruleSubmit } from "../rulings.ts";
import { leadOf, timeoutAtOf } from "./lead.ts";
import { openOps } from "./open-ops.ts";
import { isSagaSettings } from "./settings.ts";

export const saga: Mode = {
  hasSettings: isSagaSettings,
  begin: (created) => created,
  rule(stored, request) {
    switch (request.kind) {
      case "prepare":
        return rulePrepare(stored, request.asked);
      case "submit":
        return ruleSubmit(stored, request.asked);
      // A saga is rolled back by its branches, its time limit or its retry limit; no caller may abort it.
      case "abort":
        return ruleNoAbort(stored);
      case "register":
        return ruleNoBranches(stored);
      default:
        return unreachable(request);
    }
  },
  submitCreates: true,
  submitLeadsTo: () => ({ to: "submitted" }),
  abortLeadsTo: "aborting",
  rollsBackFrom: ["submitted"],
  callerBranch: null,
  openOps,
  notBefore: () => null,
  lead: leadOf,
  deadlineAt: timeoutAtOf,
  onSuccess: () => "succeeds",
  // A compensation's FAILURE is no answer (protocol 4.6).
  onFailure: (op) => (op === "action" ? "fails" : "askedAgain"),
  countsRetries: (op) => op === "action",
  takenOver,
};

/**
 * Progress is written lazily. When the last holder did not let go, any action may have run since that holder's last
 * write, so every action counts as "may have run", and a roll-back compensates all of them (I4). While `aborting`, no
 * new action runs, and the actions that had run became durable together with that status (I2).
 */
function takenOver(transaction: Transaction, abandoned: boolean): Transaction {
  if (!abandoned || transaction.progress.status !== "submitted") return transaction;
  const branches = transaction.progress.branches.map(
    (ops): BranchProgress => ({ ...ops, action: { ...(ops["action"] ?? UNTOUCHED), mayHaveRun: true } }),
  );
  return { ...transaction, progress: { ...transaction.progress, branches } };
}
