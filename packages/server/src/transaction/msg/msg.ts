/**
 * The mode `msg`, dtm's two-phase message (protocol 5.4). Its caller prepares it, commits a local transaction, and
 * submits it; then the `action` of each step is called until it has succeeded. Where the submit does not come in time,
 * the coordinator asks the caller by the op `msg` of branch `00`, the check-back, what came of the local transaction.
 *
 * - I4: `succeed`: every action succeeded. `failed`: no action was called.
 * - I5: a FAILURE of an action is asked again (protocol 4.6), so nothing leads back after the submit.
 * - M1: the check-back is not called before the time limit of the prepared message, whoever asks for it.
 * - M2: no action is called before the delay of the message has passed, whoever asks for it.
 */
import { urlOf } from "../branch-url.ts";
import { unreachable } from "../invariant.ts";
import type { Lead, Mode } from "../mode.ts";
import type { Asked, EpochMs, Transaction } from "../model.ts";
import { type OpPlace, opOf } from "../progress.ts";
import { later } from "../retry.ts";
import { ruleAbort, ruleNoBranches, rulePrepare, ruleSubmit } from "../rulings.ts";
import { isMsgSettings, msgSettingsOf } from "./settings.ts";

const CHECK_BACK: OpPlace = { branch: 0, op: "msg" };

export const msg: Mode = {
  hasSettings: isMsgSettings,
  begin(created) {
    const { progress } = created;
    if (progress.status !== "prepared" || !canAsk(created)) return created;
    return { ...created, progress: { ...progress, nextRunAt: notBefore(created, CHECK_BACK) } };
  },
  rule(stored, request) {
    switch (request.kind) {
      case "prepare":
        return rulePrepare(stored, withKnownCheckBack(request.asked, stored));
      case "submit":
        return ruleSubmit(stored, withKnownCheckBack(request.asked, stored));
      // An abort ends it at once, so its repeat finds it `failed`.
      case "abort":
        return stored.progress.status === "failed" ? { kind: "done" } : ruleAbort(stored);
      case "register":
        return ruleNoBranches(stored);
      default:
        return unreachable(request);
    }
  },
  submitCreates: true,
  submitLeadsTo: () => ({ to: "submitted" }),
  abortLeadsTo: "failed",
  rollsBackFrom: [],
  callerBranch: CHECK_BACK.branch,
  openOps(transaction) {
    const { status } = transaction.progress;
    if (status === "prepared") return canAsk(transaction) ? [CHECK_BACK] : [];
    return status === "submitted" ? openActions(transaction) : [];
  },
  notBefore,
  lead(transaction): Lead | undefined {
    const { status, reason } = transaction.progress;
    if (status === "submitted")
      return undoneActions(transaction).length === 0 ? { to: "succeed" } : undefined;
    if (status !== "prepared" || !canAsk(transaction)) return undefined;
    const answer = opOf(transaction.progress, CHECK_BACK).status;
    if (answer === "prepared") return undefined;
    return answer === "succeed" ? { to: "submitted" } : { to: "failed", reason };
  },
  deadlineAt: () => null,
  onSuccess: () => "succeeds",
  onFailure: (op) => (op === CHECK_BACK.op ? "fails" : "askedAgain"),
  countsRetries: () => false,
  // Every op is asked until its answer is definite, so nothing depends on whether an op may have run before.
  takenOver: (transaction) => transaction,
};

/**
 * Whether the caller has said where to ask. An empty URL is no success here: the local transaction may have been rolled
 * back, and only its caller knows. Such a message waits for its submit.
 */
function canAsk({ branches }: Transaction): boolean {
  const [own] = branches;
  return own !== undefined && urlOf(own, CHECK_BACK.op) !== "";
}

function openActions(transaction: Transaction): readonly OpPlace[] {
  const undone = undoneActions(transaction);
  return transaction.definition.concurrent ? undone : undone.slice(0, 1);
}

/** The actions that have not succeeded, in the order of the steps. */
function undoneActions({ progress }: Transaction): readonly OpPlace[] {
  return progress.branches.flatMap((ops, branch): OpPlace[] =>
    branch === CHECK_BACK.branch || ops["action"]?.status === "succeed" ? [] : [{ branch, op: "action" }],
  );
}

/**
 * Computed, and not stored beside the op, so that nothing can move it: no person, no wake-up, no take-over. The instants
 * that it counts from move with the clock (`clock-step.ts`). The delay counts from the submit: dtm writes "creation",
 * but its submit takes its own time for that.
 */
function notBefore({ definition, progress }: Transaction, { branch }: OpPlace): EpochMs | null {
  const { timeLimitMs, delayMs } = msgSettingsOf(definition.settings);
  const { preparedAt, submittedAt } = progress;
  if (branch === CHECK_BACK.branch) return preparedAt === null ? null : later(preparedAt, timeLimitMs);
  return submittedAt === null ? null : later(submittedAt, delayMs);
}

/** What is asked, with the stored check-back where the request names none: what is absent contradicts nothing. */
function withKnownCheckBack(asked: Asked, { branches: [known] }: Transaction): Asked {
  const [own, ...steps] = asked.branches;
  if (own === undefined || known === undefined || urlOf(own, CHECK_BACK.op) !== "") return asked;
  return { ...asked, branches: [known, ...steps] };
}
