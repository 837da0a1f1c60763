/** What an event says about a saga's progress. No status is chosen here, and nothing planned. */
import type { Moment, TransactionEvent } from "../decision.ts";
import { unreachable } from "../invariant.ts";
import { ATTEMPT_DETAIL_CHARACTERS_MAX, ATTEMPTS_KEPT_MAX, cutText } from "../limits.ts";
import type {
  Attempt,
  BranchOutcome,
  Definition,
  OpProgress,
  Progress,
  Transaction,
  TransactionOptions,
} from "../model.ts";
import { later, pollDelayMs, retryDelayMs } from "../retry.ts";
import { at, replaceOp } from "./progress.ts";

type Answered = Extract<TransactionEvent, { kind: "answered" }>;

/** The progress with the event told to it; the same object when the event changes nothing. */
export function fold(
  { definition, progress }: Transaction,
  event: TransactionEvent,
  moment: Moment,
): Progress {
  switch (event.kind) {
    case "drive":
      return progress;
    case "answered":
      return answered({ definition, progress }, event, moment);
    case "notCalled":
      return notCalled({ definition, progress }, event, moment);
    case "retryNow":
      return {
        ...progress,
        parkedAt: null,
        parkedReason: "",
        steps: progress.steps.map((step) => ({
          action: renewed(step.action),
          compensate: renewed(step.compensate),
        })),
      };
    case "forceStop":
      return { ...progress, forcedBy: { actor: event.actor, reason: event.reason, at: moment.now } };
    default:
      return unreachable(event);
  }
}

/** Neither an attempt nor a retry, and nothing ran; it is tried again like one that is polled. */
function notCalled(
  { definition, progress }: Transaction,
  event: Extract<TransactionEvent, { kind: "notCalled" }>,
  { now, policy }: Moment,
): Progress {
  const op = progress.steps[event.step]?.[event.op];
  if (op === undefined || !op.inFlight) return progress;
  return replaceOp(progress, event, {
    ...op,
    inFlight: false,
    mayHaveRun: event.mayHaveRun,
    attemptCount: op.attemptCount - 1,
    retryAt: later(now, pollDelayMs(definition.options, policy)),
  });
}

function renewed(op: OpProgress): OpProgress {
  return op.status === "prepared" ? { ...op, unknownCount: 0, retryAt: null } : op;
}

function answered({ definition, progress }: Transaction, event: Answered, moment: Moment): Progress {
  const step = progress.steps[event.step];
  // An answer nobody waits for (heard twice, or from before a take-over) says nothing new.
  if (step === undefined || !step[event.op].inFlight) return progress;
  const op = { ...told(step[event.op], event, moment), inFlight: false };
  const settled = settle(op, event, { options: definition.options, moment });
  const isUndecided = event.op === "action" && event.outcome.kind === "unknown";
  return {
    ...replaceOp(progress, event, settled),
    retryCount: progress.retryCount + (isUndecided ? 1 : 0),
    reason: progress.reason === "" ? refusalOf(definition, event) : progress.reason,
  };
}

/** Why the whole is rolled back, when this answer is the reason: the first action's FAILURE, in dtm's words. */
function refusalOf({ steps }: Definition, { step, op, outcome }: Answered): string {
  if (op !== "action" || outcome.kind !== "failure") return "";
  return `url:${at(steps, step).action} return failed: ${outcome.reason}`;
}

/** The call written into the op's history. */
function told(op: OpProgress, { outcome, startedAt }: Answered, { now }: Moment): OpProgress {
  const attempt: Attempt = {
    at: startedAt,
    durationMs: Math.max(0, now - startedAt),
    outcome: outcome.kind,
    detail: cutText(detailOf(outcome), ATTEMPT_DETAIL_CHARACTERS_MAX),
  };
  return { ...op, attempts: [...op.attempts, attempt].slice(-ATTEMPTS_KEPT_MAX) };
}

/** What an answer makes of an op. Only an action can fail: a compensation's FAILURE is no answer (protocol 4.6). */
function settle(
  op: OpProgress,
  { op: name, outcome }: Answered,
  { options, moment }: { readonly options: TransactionOptions; readonly moment: Moment },
): OpProgress {
  const { now } = moment;
  switch (outcome.kind) {
    case "success":
      return { ...op, status: "succeed", unknownCount: 0, retryAt: null, finishedAt: now };
    case "ongoing":
      return { ...op, unknownCount: 0, retryAt: later(now, pollDelayMs(options, moment.policy)) };
    case "failure":
      if (name === "action")
        return { ...op, status: "failed", unknownCount: 0, retryAt: null, finishedAt: now };
      return askAgain(op, options, moment);
    case "unknown":
      return askAgain(op, options, moment);
    default:
      return unreachable(outcome);
  }
}

function askAgain(op: OpProgress, options: TransactionOptions, moment: Moment): OpProgress {
  const unknownCount = op.unknownCount + 1;
  return { ...op, unknownCount, retryAt: later(moment.now, retryDelayMs(unknownCount, options, moment)) };
}

function detailOf(outcome: BranchOutcome): string {
  if (outcome.kind === "failure") return outcome.reason;
  return outcome.kind === "unknown" ? outcome.cause : "";
}
