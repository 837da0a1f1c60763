/** Which ops of a saga can be called, which must wait, and what is left to roll back. */
import type { Definition, EpochMs, OpProgress, Progress, SagaOp } from "../model.ts";
import { followersOf } from "./order.ts";
import { at } from "./progress.ts";

/** An op that nothing but its own retry delay or budget holds back. */
export interface OpenOp {
  readonly step: number;
  readonly op: SagaOp;
}

/** Whether a step must be rolled back and has not been: its action ran, or may have (I4). */
export function needsCompensation(progress: Progress, step: number): boolean {
  const { action, compensate } = at(progress.steps, step);
  return action.mayHaveRun && compensate.status !== "succeed";
}

/** The ops whose turn it is, whether or not a call is out already. */
export function openOps(definition: Definition, progress: Progress): readonly OpenOp[] {
  if (progress.status === "submitted") return openActions(definition, progress);
  return progress.status === "aborting" ? openCompensations(definition, progress) : [];
}

function openActions({ concurrent, orders }: Definition, { steps }: Progress): readonly OpenOp[] {
  const succeeded = (step: number) => at(steps, step).action.status === "succeed";
  if (!concurrent) {
    const step = steps.findIndex(({ action }) => action.status !== "succeed");
    return step >= 0 && at(steps, step).action.status === "prepared" ? [{ step, op: "action" }] : [];
  }
  return steps.flatMap(({ action }, step): OpenOp[] => {
    const isOpen = action.status === "prepared" && (orders[step] ?? []).every(succeeded);
    return isOpen ? [{ step, op: "action" }] : [];
  });
}

/**
 * Reverse order (I4): of the list, or of the order graph. A step's turn comes when every step that could only
 * have started after it is rolled back and no call of its own action is out any more. Looking at its direct
 * followers is enough: each of them was rolled back after its own.
 */
function openCompensations({ concurrent, orders }: Definition, progress: Progress): readonly OpenOp[] {
  const { steps } = progress;
  const isQuiet = (step: number) => !at(steps, step).action.inFlight;
  const isRolledBack = (step: number) => isQuiet(step) && !needsCompensation(progress, step);
  if (!concurrent) {
    const step = steps.findLastIndex((_, index) => !isRolledBack(index));
    return step >= 0 && isQuiet(step) ? [{ step, op: "compensate" }] : [];
  }
  const followers = knownFollowersOf(steps.length, orders);
  return steps.flatMap((_, step): OpenOp[] => {
    const isOpen =
      needsCompensation(progress, step) && isQuiet(step) && at(followers, step).every(isRolledBack);
    return isOpen ? [{ step, op: "compensate" }] : [];
  });
}

/** A large graph costs a millisecond to turn round, and is asked for once for each step that is rolled back. */
const followersOfOrders = new WeakMap<Definition["orders"], ReturnType<typeof followersOf>>();

function knownFollowersOf(stepCount: number, orders: Definition["orders"]): ReturnType<typeof followersOf> {
  const known = followersOfOrders.get(orders);
  if (known?.length === stepCount) return known;
  const followers = followersOf(stepCount, orders);
  followersOfOrders.set(orders, followers);
  return followers;
}

/** The URL an op is called at; empty means that it succeeds without a call. */
export function urlOf(definition: Definition, { step, op }: OpenOp): string {
  return at(definition.steps, step)[op];
}

/** When an open op may be called: at once (null), at an instant, or never again without a person. */
export function turnOf(op: OpProgress, retryBudget: number): EpochMs | null | "parked" {
  return op.unknownCount >= retryBudget ? "parked" : op.retryAt;
}
