/** Writes an event into a transaction. Changes the transaction's status only to one that a request asks for. */

import { urlOf } from "./branch-url.ts";
import type { Moment, Registration, RequestEvent, TransactionEvent } from "./decision.ts";
import { unreachable } from "./invariant.ts";
import {
  ATTEMPT_DETAIL_CHARACTERS_MAX,
  ATTEMPTS_KEPT_MAX,
  cutText,
  REASON_CHARACTERS_MAX,
} from "./limits.ts";
import type {
  Asked,
  Attempt,
  BranchOutcome,
  BranchProgress,
  Definition,
  EpochMs,
  Op,
  OpProgress,
  Progress,
  RefusedBy,
  Transaction,
  TransactionOptions,
} from "./model.ts";
import { modeOf } from "./modes.ts";
import { moved } from "./moved.ts";
import { ruleRollBack, ruleTakeAsDone } from "./operator-rulings.ts";
import { setOwnMember } from "./own-member.ts";
import {
  at,
  mapOps,
  type OpPlace,
  opOf,
  replaceOp,
  touchedOpOf,
  UNTOUCHED,
  untouchedBranches,
} from "./progress.ts";
import { later, pollDelayMs, retryDelayMs } from "./retry.ts";
import { shownUrl } from "./shown-url.ts";

type Answered = Extract<TransactionEvent, { kind: "answered" }>;
type RollBack = Extract<TransactionEvent, { kind: "rollBack" }>;
type TakeAsDone = Extract<TransactionEvent, { kind: "takeAsDone" }>;
type NotCalled = Extract<TransactionEvent, { kind: "notCalled" }>;

/** The transaction after the event. The same object after `drive`, and after an answer that nobody waits for. */
export function fold(transaction: Transaction, event: TransactionEvent, moment: Moment): Transaction {
  const { progress } = transaction;
  switch (event.kind) {
    case "drive":
      return transaction;
    case "answered":
      return withProgress(transaction, answered(transaction, event, moment));
    case "notCalled":
      return withProgress(transaction, notCalled(transaction, event, moment));
    case "wake":
      return withProgress(transaction, event.places.reduce(woken, progress));
    case "retryNow":
      return withProgress(transaction, { ...mapOps(progress, renewed), parkedAt: null, parkedReason: "" });
    case "forceStop":
      return withProgress(transaction, {
        ...progress,
        forcedBy: { actor: event.actor, reason: event.reason, at: moment.now },
      });
    case "rollBack":
      return withProgress(transaction, rolledBack(transaction, event, moment.now));
    case "takeAsDone":
      return withProgress(transaction, takenAsDone(transaction, event, moment.now));
    default:
      return foldRequest(transaction, event, moment.now);
  }
}

/** The transaction after a request whose ruling was `go`. */
export function foldRequest(transaction: Transaction, event: RequestEvent, now: EpochMs): Transaction {
  switch (event.kind) {
    case "submit":
      return submitted(transaction, event.asked, now);
    case "abort":
      return withProgress(
        transaction,
        moved(
          transaction.progress,
          { to: modeOf(transaction.definition.transType).abortLeadsTo, reason: event.reason },
          now,
        ),
      );
    case "register":
      return {
        definition: transaction.definition,
        branches: [...transaction.branches, ...event.branches],
        progress: {
          ...transaction.progress,
          branches: [...transaction.progress.branches, ...registeredOps(event, now)],
        },
      };
    default:
      return unreachable(event);
  }
}

/**
 * Takes options, custom data, `concurrent` and settings from the submit. What the ruling compared stays as stored. A
 * submit that names no branches is short for the stored transaction: of it, only the options count that it has.
 */
function submitted({ definition, branches, progress }: Transaction, asked: Asked, now: EpochMs): Transaction {
  const { options, customData, concurrent, settings } = asked.definition;
  const isShort = asked.branches.length === 0 && branches.length > 0;
  return {
    definition: isShort
      ? { ...definition, options: withDefaults(options, definition.options), ...resultOf(asked) }
      : { ...definition, options, customData, concurrent, settings, ...resultOf(asked) },
    branches,
    progress: moved(progress, modeOf(definition.transType).submitLeadsTo(asked), now),
  };
}

/** How far the ops of branches have come that are registered now. */
function registeredOps({ branches, statuses }: Registration, now: EpochMs): readonly BranchProgress[] {
  if (statuses === undefined) return untouchedBranches(branches.length);
  return branches.map(({ urls }, index): BranchProgress => {
    const ops: Record<Op, OpProgress> = {};
    const known = { status: at(statuses, index), mayHaveRun: true, finishedAt: now };
    for (const op of Object.keys(urls)) setOwnMember(ops, op, { ...UNTOUCHED, ...known });
    return ops;
  });
}

/** What the caller says came of it. */
function resultOf({ definition: { result } }: Asked): Pick<Definition, "result"> {
  return result === undefined ? {} : { result };
}

/** `options`, and `stored` for each that is not set. */
function withDefaults(options: TransactionOptions, stored: TransactionOptions): TransactionOptions {
  return {
    timeoutToFailMs: options.timeoutToFailMs || stored.timeoutToFailMs,
    requestTimeoutMs: options.requestTimeoutMs || stored.requestTimeoutMs,
    retryIntervalMs: options.retryIntervalMs || stored.retryIntervalMs,
    retryLimit: options.retryLimit || stored.retryLimit,
    branchHeaders:
      Object.keys(options.branchHeaders).length > 0 ? options.branchHeaders : stored.branchHeaders,
    waitResult: options.waitResult,
  };
}

function withProgress(transaction: Transaction, progress: Progress): Transaction {
  if (progress === transaction.progress) return transaction;
  return { definition: transaction.definition, branches: transaction.branches, progress };
}

/** The call was not made, so neither an attempt nor a retry is counted. The op is tried again after the poll delay. */
function notCalled(
  { definition, progress }: Transaction,
  event: NotCalled,
  { now, policy }: Moment,
): Progress {
  const op = touchedOpOf(progress, event);
  if (op === undefined || !op.inFlight) return progress;
  return replaceOp(progress, event, {
    ...op,
    inFlight: false,
    mayHaveRun: event.mayHaveRun,
    attemptCount: op.attemptCount - 1,
    retryAt: later(now, pollDelayMs(definition.options, policy)),
  });
}

/** The op is due now, if it waits for its next attempt. */
function woken(progress: Progress, place: OpPlace): Progress {
  const op = touchedOpOf(progress, place);
  if (op === undefined || op.status !== "prepared" || op.inFlight || op.retryAt === null) return progress;
  return replaceOp(progress, place, { ...op, retryAt: null });
}

function renewed(op: OpProgress): OpProgress {
  return op.status === "prepared" ? { ...op, unknownCount: 0, retryAt: null } : op;
}

/** A roll-back begins; one that is parked gets a new budget. Unchanged where the ruling on this state is not `go`. */
function rolledBack(transaction: Transaction, { actor, reason }: RollBack, now: EpochMs): Progress {
  const { progress } = transaction;
  if (ruleRollBack(transaction).kind !== "go") return progress;
  const awake: Progress = { ...mapOps(progress, renewed), parkedAt: null, parkedReason: "" };
  if (progress.status === "aborting") return awake;
  return {
    ...awake,
    status: "aborting",
    reason: cutText(reason, REASON_CHARACTERS_MAX),
    rolledBackBy: { actor, reason, at: now },
  };
}

/**
 * The op is what the person says. A success may have run, so a roll-back undoes it. Unchanged where the ruling on this
 * state is not `go`: a call of the op may have begun since the request was ruled on.
 */
function takenAsDone(transaction: Transaction, event: TakeAsDone, now: EpochMs): Progress {
  const { progress } = transaction;
  if (ruleTakeAsDone(transaction, event).kind !== "go") return progress;
  const { actor, branchId, op: name, outcome, reason } = event;
  const place = { branch: transaction.branches.findIndex(({ id }) => id === branchId), op: name };
  const op = opOf(progress, place);
  const isSuccess = outcome === "success";
  const taken: OpProgress = {
    ...op,
    status: isSuccess ? "succeed" : "failed",
    mayHaveRun: isSuccess || op.mayHaveRun,
    unknownCount: 0,
    retryAt: null,
    finishedAt: now,
    takenBy: { actor, reason, at: now },
  };
  const why = `branch ${branchId} ${name} was taken as failed by ${actor}: ${reason}`;
  return {
    ...replaceOp(progress, place, taken),
    parkedAt: null,
    parkedReason: "",
    reason: isSuccess || progress.reason !== "" ? progress.reason : cutText(why, REASON_CHARACTERS_MAX),
  };
}

function answered(transaction: Transaction, event: Answered, moment: Moment): Progress {
  const { definition, progress } = transaction;
  // Nobody waits for this answer: it was heard twice, or its call was made before a take-over. It changes nothing.
  if (touchedOpOf(progress, event)?.inFlight !== true) return progress;
  const mode = modeOf(definition.transType);
  const op = settle(withAttempt(opOf(progress, event), event), event, { definition, moment });
  const isUndecided = event.outcome.kind === "unknown" && mode.countsRetries(event.op);
  return {
    ...replaceOp(progress, event, op),
    retryCount: progress.retryCount + (isUndecided ? 1 : 0),
    ...(op.status === "failed" && givesReason(transaction, event) ? refusalOf(transaction, event) : {}),
  };
}

/** Whether a FAILURE is why the transaction ends: the first one, and not of an op that was passed over meanwhile. */
function givesReason(transaction: Transaction, { branch, op }: Answered): boolean {
  const { definition, progress } = transaction;
  if (progress.reason !== "") return false;
  const open = modeOf(definition.transType).openOps(transaction);
  return progress.status === "aborting" || open.some((place) => place.branch === branch && place.op === op);
}

/** What this FAILURE gives: the rollback reason in dtm's words, and who refused. The reason shows no query of the URL. */
function refusalOf(
  { branches }: Transaction,
  { branch, op, outcome }: Answered,
): { readonly reason: string; readonly refusedBy: RefusedBy } {
  const target = at(branches, branch);
  const reason = `url:${shownUrl(urlOf(target, op))} return failed: ${detailOf(outcome)}`;
  const told = outcome.kind === "failure" ? outcome.failureJson : undefined;
  return {
    reason,
    refusedBy: { branchId: target.id, op, ...(told === undefined ? {} : { failureJson: told }) },
  };
}

/** The op after its call: not in flight, and the call is in its history. */
function withAttempt(op: OpProgress, { outcome, startedAt, durationMs }: Answered): OpProgress {
  const attempt: Attempt = {
    at: startedAt,
    durationMs,
    outcome: outcome.kind,
    detail: cutText(detailOf(outcome), ATTEMPT_DETAIL_CHARACTERS_MAX),
  };
  return { ...op, inFlight: false, attempts: [...op.attempts, attempt].slice(-ATTEMPTS_KEPT_MAX) };
}

/** What an answer makes of an op. */
function settle(
  op: OpProgress,
  { op: name, outcome }: Answered,
  { definition, moment }: { readonly definition: Definition; readonly moment: Moment },
): OpProgress {
  const { now } = moment;
  const { options } = definition;
  switch (outcome.kind) {
    case "success":
      if (modeOf(definition.transType).onSuccess(name) === "askedAgain") return polled(op, options, moment);
      return { ...op, status: "succeed", unknownCount: 0, retryAt: null, finishedAt: now };
    case "ongoing":
      return polled(op, options, moment);
    case "failure":
      if (modeOf(definition.transType).onFailure(name) === "fails")
        return { ...op, status: "failed", unknownCount: 0, retryAt: null, finishedAt: now };
      return askedAgain(op, definition, moment);
    case "unknown":
      if (outcome.trait === "lasting" && options.retryLimit === 0) return givenUp(op, moment);
      return askedAgain(op, definition, moment);
    default:
      return unreachable(outcome);
  }
}

/** The op is asked again after the poll delay: its answer was clear, and not its last. */
function polled(op: OpProgress, options: TransactionOptions, { now, policy }: Moment): OpProgress {
  return { ...op, unknownCount: 0, retryAt: later(now, pollDelayMs(options, policy)) };
}

function askedAgain(op: OpProgress, { options }: Definition, moment: Moment): OpProgress {
  const unknownCount = op.unknownCount + 1;
  return { ...op, unknownCount, retryAt: later(moment.now, retryDelayMs(unknownCount, options, moment)) };
}

/**
 * The op's budget is used up by one call, because each further call would end the same way. Where the caller has set a
 * retry limit, that limit decides when the transaction is rolled back, and the op is asked again until then.
 */
function givenUp(op: OpProgress, { policy }: Moment): OpProgress {
  return { ...op, unknownCount: Math.max(policy.retryBudget, op.unknownCount + 1), retryAt: null };
}

function detailOf(outcome: BranchOutcome): string {
  if (outcome.kind === "failure") return outcome.reason;
  return outcome.kind === "unknown" ? outcome.cause : "";
}
