/**
 * What a global transaction does next, whatever its mode. Pure: (stored state, event, moment) → (next state, effects).
 *
 * - I1: An op is called only after the record that makes it necessary is durable: `persist` is "first"
 *   whenever the status changes, and the first calls follow from a durable `submitted`.
 * - I2: Nothing of phase two is called before the decision for it is durable; in particular no compensation before
 *   `aborting` is.
 * - I3: `succeed` and `failed` never change and ask for nothing.
 * - I4: `succeed` and `failed` keep what the mode promises; each mode says what that is (`saga/saga.ts`).
 * - I5: Unknown is not failure: only a branch's own FAILURE, the caller's own time limit or the caller's own
 *   retry limit rolls back, and only where the mode allows it.
 */
import { advance } from "./advance.ts";
import { afterStep } from "./clock-step.ts";
import type { Decision, Effect, Moment, RequestEvent, TransactionEvent } from "./decision.ts";
import { fold, foldRequest } from "./fold.ts";
import { invariant } from "./invariant.ts";
import { type EpochMs, isFinal, type Progress, type Transaction } from "./model.ts";
import { modeOf } from "./modes.ts";
import { plan, takenBack } from "./plan.ts";
import { isBusy } from "./progress.ts";
import { canMove } from "./status.ts";

/** The events that no caller and no person asks for: nobody is promised anything. */
const UNASKED: ReadonlySet<TransactionEvent["kind"]> = new Set(["drive", "answered", "notCalled", "wake"]);

/** Folds `event` in, chooses the status, and plans what follows. Throws only on bugs. */
export function decide(transaction: Transaction, event: TransactionEvent, moment: Moment): Decision {
  const before = transaction.progress;
  if (isFinal(before.status)) return { next: transaction, effects: [], persist: "none", hold: false };
  const mode = modeOf(transaction.definition.transType);
  const moved = advance(mode, fold(inTime(transaction, moment.now), event, moment), moment.now);
  const { status } = moved.progress;
  const isMoved = status !== before.status;
  invariant(
    canMove(before.status, status),
    `status moves only along TRANSITIONS: ${before.status} to ${status}`,
  );
  const planned = plan(mode, moved, moment);
  const hold = !isFinal(status) && planned.progress.branches.some(isBusy);
  const progress = scheduled(planned.progress, planned.effects, { hold, now: moment.now });
  const isChanged = progress !== before || moved.branches !== transaction.branches;
  const effects =
    isMoved && !isFinal(status) ? [...takenBack(mode, moved), ...planned.effects] : planned.effects;
  // The event is a request of a person or a caller. The answer says that it took effect, and this must still be true
  // after a crash, so the record is durable before any call.
  const isPromised = isChanged && !UNASKED.has(event.kind);
  return {
    next: isChanged
      ? {
          definition: moved.definition,
          branches: moved.branches,
          progress: { ...progress, updatedAt: moment.now },
        }
      : transaction,
    effects,
    persist: isMoved || !hold || isPromised ? "first" : isChanged ? "lazy" : "none",
    hold,
  };
}

/**
 * What a request makes of a transaction that nobody drives. No call is planned: the coordinator that drives the
 * transaction next does that. When the request changed the status, the transaction is due at once, unless it is final.
 */
export function accept(transaction: Transaction, event: RequestEvent, now: EpochMs): Transaction {
  const before = transaction.progress;
  const { definition, branches, progress } = foldRequest(inTime(transaction, now), event, now);
  invariant(
    canMove(before.status, progress.status),
    `a request moves ${before.status} to ${progress.status}`,
  );
  const isMoved = progress.status !== before.status;
  const isEnd = isFinal(progress.status);
  return {
    definition,
    branches,
    progress: {
      ...progress,
      updatedAt: now,
      nextRunAt: isEnd ? null : isMoved ? now : progress.nextRunAt,
      finishedAt: isEnd ? now : progress.finishedAt,
    },
  };
}

function inTime(transaction: Transaction, now: EpochMs): Transaction {
  const progress = afterStep(transaction.progress, now);
  return progress === transaction.progress ? transaction : { ...transaction, progress };
}

/**
 * Sets when a coordinator must look at the transaction next. While calls are out, that is never later than now: the
 * lease keeps other coordinators away, and when the holder dies, one of them takes over as soon as the lease has run
 * out.
 */
function scheduled(
  progress: Progress,
  effects: readonly Effect[],
  { hold, now }: { readonly hold: boolean; readonly now: EpochMs },
): Progress {
  const dueAt = progress.nextRunAt ?? now;
  const nextRunAt = hold ? (dueAt > now ? now : dueAt) : idleUntil(progress, effects);
  return nextRunAt === progress.nextRunAt ? progress : { ...progress, nextRunAt };
}

function idleUntil({ status }: Progress, effects: readonly Effect[]): EpochMs | null {
  if (isFinal(status)) return null;
  return effects.find((effect) => effect.kind === "wake")?.at ?? null;
}
