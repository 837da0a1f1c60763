/**
 * What a saga does next. Pure: (stored state, event, moment) → (next state, effects).
 *
 * - I1: An op is called only after the record that makes it necessary is durable: `persist` is "first"
 *   whenever the status changes, and the first calls follow from a durable `submitted`.
 * - I2: No compensation is called before `aborting` is durable.
 * - I3: `succeed` and `failed` never change and ask for nothing.
 * - I4: `succeed`: every action succeeded. `failed`: every branch that may have run was compensated, in
 *   reverse order of the list, or of the order graph when concurrent.
 * - I5: Unknown is not failure: only a branch's own FAILURE, the caller's own time limit or the caller's own
 *   retry limit aborts.
 */
import type { Decision, Effect, Moment, TransactionEvent } from "../decision.ts";
import { invariant } from "../invariant.ts";
import { cutText, REASON_CHARACTERS_MAX } from "../limits.ts";
import {
  branchIdOf,
  type Definition,
  type EpochMs,
  isFinal,
  type OpProgress,
  type Progress,
  type StepProgress,
  type Transaction,
} from "../model.ts";
import { later } from "../retry.ts";
import { canMove } from "../status.ts";
import { fold } from "./fold.ts";
import { needsCompensation, type OpenOp, openOps, turnOf, urlOf } from "./plan.ts";
import { at, replaceOp } from "./progress.ts";

/** Folds `event` in, chooses the status, and plans what follows. Throws only on bugs. */
export function decideSaga(saga: Transaction, event: TransactionEvent, moment: Moment): Decision {
  const before = saga.progress;
  if (isFinal(before.status)) return { next: saga, effects: [], persist: "none", hold: false };
  const moved = advance(saga.definition, fold(saga, event, moment), moment.now);
  invariant(canMove(before.status, moved.status), `status moves only along TRANSITIONS: ${moved.status}`);
  const planned = plan(saga.definition, moved, moment);
  const hold = !isFinal(moved.status) && planned.progress.steps.some(isBusy);
  const progress = scheduled(planned, { hold, now: moment.now });
  const isChanged = progress !== before;
  // A person was told that it goes on, and a parked one would stay parked where only memory knows.
  const isPromised = event.kind === "retryNow" && isChanged;
  return {
    next: isChanged
      ? { definition: saga.definition, progress: { ...progress, updatedAt: moment.now } }
      : saga,
    effects: planned.effects,
    persist: moved.status !== before.status || !hold || isPromised ? "first" : isChanged ? "lazy" : "none",
    hold,
  };
}

/** Ops with an empty URL succeed on the spot, and each may open others, until nothing moves any more. */
function advance(definition: Definition, told: Progress, now: EpochMs): Progress {
  let progress = choose(definition, told, now);
  for (;;) {
    const empty = openOps(definition, progress).filter((open) => urlOf(definition, open) === "");
    if (empty.length === 0) return progress;
    for (const open of empty) {
      const op = at(progress.steps, open.step)[open.op];
      const done: OpProgress = { ...op, status: "succeed", mayHaveRun: true, retryAt: null, finishedAt: now };
      progress = replaceOp(progress, open, done);
    }
    progress = choose(definition, progress, now);
  }
}

/** The status that the progress calls for. */
function choose(definition: Definition, progress: Progress, now: EpochMs): Progress {
  const { status, steps } = progress;
  if (progress.forcedBy !== null) return finished(progress, "failed", now);
  if (status === "submitted") {
    if (steps.every(({ action }) => action.status === "succeed")) return finished(progress, "succeed", now);
    const reason = abortReason(definition, progress, now);
    return reason === undefined ? progress : choose(definition, aborted(progress, reason), now);
  }
  if (status === "aborting") {
    const isUndone = steps.every((step, index) => !isBusy(step) && !needsCompensation(progress, index));
    if (isUndone) return finished(progress, "failed", now);
  }
  return progress;
}

function aborted(progress: Progress, reason: string): Progress {
  return { ...progress, status: "aborting", reason: cutText(reason, REASON_CHARACTERS_MAX), ...NOT_PARKED };
}

function finished(progress: Progress, status: "succeed" | "failed", now: EpochMs): Progress {
  const reason = progress.reason === "" ? (progress.forcedBy?.reason ?? "") : progress.reason;
  return {
    ...progress,
    status,
    reason: cutText(reason, REASON_CHARACTERS_MAX),
    finishedAt: now,
    ...NOT_PARKED,
  };
}

const NOT_PARKED = { parkedAt: null, parkedReason: "" } as const;

/** Why a submitted saga must be rolled back now, in dtm's words; undefined when it need not (I5). */
function abortReason(definition: Definition, progress: Progress, now: EpochMs): string | undefined {
  if (progress.steps.some(({ action }) => action.status === "failed")) return progress.reason;
  const { retryLimit, timeoutToFailMs } = definition.options;
  if (retryLimit > 0 && progress.retryCount > retryLimit) {
    return `RetryCount is greater than RetryLimit, RetryLimit: ${retryLimit}`;
  }
  const timeoutAt = timeoutAtOf(definition, progress);
  if (timeoutAt !== null && now >= timeoutAt) return `Timeout after ${timeoutToFailMs / 1_000} seconds`;
  return undefined;
}

/** When a submitted saga gives up going forward; null when never. Counted from submit, not from prepare. */
function timeoutAtOf({ options }: Definition, { status, submittedAt }: Progress): EpochMs | null {
  if (status !== "submitted" || options.timeoutToFailMs === 0 || submittedAt === null) return null;
  return later(submittedAt, options.timeoutToFailMs);
}

interface Plan {
  readonly progress: Progress;
  readonly effects: readonly Effect[];
}

/** Calls for what is due, wake-ups for what is not, and parking for what nobody may try again. */
function plan(definition: Definition, moved: Progress, { now, policy }: Moment): Plan {
  let progress = moved;
  const effects: Effect[] = [];
  const waits: EpochMs[] = [];
  let exhausted: OpenOp | undefined;
  for (const open of openOps(definition, moved)) {
    const op = at(progress.steps, open.step)[open.op];
    if (op.inFlight) continue;
    const turn = turnOf(op, policy.retryBudget);
    if (turn === "parked") exhausted ??= open;
    else if (turn !== null && turn > now) waits.push(turn);
    else {
      effects.push({ kind: "call", ...open, mayHaveRun: op.mayHaveRun });
      progress = replaceOp(progress, open, called(op));
    }
  }
  if (exhausted !== undefined && waits.length === 0 && !progress.steps.some(isBusy)) {
    progress = parked(progress, exhausted, now);
  }
  const timeoutAt = timeoutAtOf(definition, progress);
  if (timeoutAt !== null) waits.push(timeoutAt);
  if (waits.length > 0) effects.push({ kind: "wake", at: Math.min(...waits) as EpochMs });
  return { progress, effects };
}

function called(op: OpProgress): OpProgress {
  return { ...op, inFlight: true, mayHaveRun: true, attemptCount: op.attemptCount + 1, retryAt: null };
}

function parked(progress: Progress, { step, op }: OpenOp, now: EpochMs): Progress {
  if (progress.parkedAt !== null) return progress;
  const { attemptCount, attempts } = at(progress.steps, step)[op];
  const last = attempts.at(-1)?.detail ?? "";
  const parkedReason = `branch ${branchIdOf(step)} ${op}: no definite answer in ${attemptCount} calls; the last: ${last}`;
  return { ...progress, parkedAt: now, parkedReason };
}

/**
 * When somebody must look at it next. While calls are out that is "now": the lease keeps others away, and
 * should the holder die, whoever finds it free takes over at once.
 */
function scheduled({ progress, effects }: Plan, { hold, now }: { hold: boolean; now: EpochMs }): Progress {
  const nextRunAt = hold ? (progress.nextRunAt ?? now) : idleUntil(progress, effects);
  return nextRunAt === progress.nextRunAt ? progress : { ...progress, nextRunAt };
}

function idleUntil({ status }: Progress, effects: readonly Effect[]): EpochMs | null {
  if (isFinal(status)) return null;
  return effects.find((effect) => effect.kind === "wake")?.at ?? null;
}

function isBusy({ action, compensate }: StepProgress): boolean {
  return action.inFlight || compensate.inFlight;
}
