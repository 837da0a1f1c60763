/**
 * The mode `workflow` (protocol 5.6): the steps run in the caller's own process, which registers what each has come to,
 * and at last submits the end. While there is none, the coordinator calls the caller back by branch `00`, whose op has
 * the name of the workflow, so that any process of the caller takes it up again.
 *
 * - I4: `succeed` and `failed` are what the caller's submit says; the coordinator decides neither.
 * - I5: no answer to a call-back ends the workflow. The caller submits first, and then answers.
 * - W1: the first call-back does not come before its time, whoever asks for it: an execution may be under way.
 */
import { invariant, unreachable } from "../invariant.ts";
import type { Mode } from "../mode.ts";
import type { Asked, EpochMs, Op, Transaction } from "../model.ts";
import type { OpPlace } from "../progress.ts";
import { later } from "../retry.ts";
import { type Ruling, ruleNoAbort, ruleRegister, ruleSubmit } from "../rulings.ts";
import { decisionOf, isWorkflowSettings, workflowSettingsOf } from "./settings.ts";

/** The index of the branch that the coordinator calls. */
const CALLER = 0;

export const workflow: Mode = {
  hasSettings: isWorkflowSettings,
  begin: (created) => ({
    ...created,
    progress: { ...created.progress, nextRunAt: callBackAt(created) },
  }),
  rule(stored, request) {
    switch (request.kind) {
      // Whoever executes a workflow prepares it first, and reads from the answer how far it has come.
      case "prepare":
        return { kind: "done" };
      case "submit":
        return ruleDecision(stored, request.asked);
      case "abort":
        return ruleNoAbort(stored);
      case "register":
        return ruleRegister(stored, request);
      default:
        return unreachable(request);
    }
  },
  submitCreates: false,
  submitLeadsTo({ definition }) {
    const decision = decisionOf(definition.settings);
    invariant(decision !== undefined, "a workflow is submitted with its decision");
    return { to: decision.status, reason: decision.reason };
  },
  abortLeadsTo: "failed",
  rollsBackFrom: [],
  callerBranch: CALLER,
  openOps(transaction) {
    const callBack = callBackOf(transaction);
    return transaction.progress.status !== "prepared" || callBack === undefined ? [] : [callBack];
  },
  notBefore: callBackAt,
  lead: () => undefined,
  deadlineAt: () => null,
  onSuccess: () => "askedAgain",
  onFailure: () => "askedAgain",
  countsRetries: () => false,
  takenOver: (transaction) => transaction,
};

/** A repeat of the same decision changes nothing; another one is refused, and the first one stands. */
function ruleDecision(stored: Transaction, asked: Asked): Ruling {
  const { status } = stored.progress;
  const decision = decisionOf(asked.definition.settings);
  if (decision === undefined) {
    const message = "req_extra.status is missing; a workflow is submitted as succeed or failed.";
    return { kind: "refused", code: "invalid_argument", message };
  }
  const isSame = decision.status === status;
  return isSame && stored.progress.forcedBy === null ? { kind: "done" } : ruleSubmit(stored, asked);
}

/** The op of the caller's branch; undefined where the caller has not said where to call. */
function callBackOf({ branches: [own] }: Transaction): OpPlace | undefined {
  const [call] = Object.entries(own?.urls ?? {}).filter(([, url]) => url !== "");
  const op: Op | undefined = call?.[0];
  return op === undefined ? undefined : { branch: CALLER, op };
}

function callBackAt(transaction: Transaction): EpochMs | null {
  const { definition, progress } = transaction;
  if (progress.preparedAt === null || callBackOf(transaction) === undefined) return null;
  return later(progress.preparedAt, workflowSettingsOf(definition.settings).callBackAfterMs);
}
