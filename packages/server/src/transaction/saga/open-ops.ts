/** Which ops of a saga have their turn, and what is left to roll back. */
import type { BranchProgress, Transaction } from "../model.ts";
import type { OpPlace } from "../progress.ts";
import { at } from "../progress.ts";
import { followersOf } from "./order.ts";
import { type SagaSettings, sagaSettingsOf } from "./settings.ts";

/** Whether a step must be rolled back and has not been: its action ran, or may have (I4). */
export function needsCompensation({ action, compensate }: BranchProgress): boolean {
  return action?.mayHaveRun === true && compensate?.status !== "succeed";
}

/** The ops whose turn it is, whether or not a call is out already. */
export function openOps(transaction: Transaction): readonly OpPlace[] {
  const { status } = transaction.progress;
  if (status === "submitted") return openActions(transaction);
  return status === "aborting" ? openCompensations(transaction) : [];
}

function openActions({ definition, progress }: Transaction): readonly OpPlace[] {
  const { branches } = progress;
  if (!definition.concurrent) {
    const branch = branches.findIndex(({ action }) => action?.status !== "succeed");
    return branch >= 0 && isUndecided(at(branches, branch)) ? [{ branch, op: "action" }] : [];
  }
  const { orders } = sagaSettingsOf(definition.settings);
  const succeeded = (step: number): boolean => at(branches, step)["action"]?.status === "succeed";
  return branches.flatMap((ops, branch): OpPlace[] => {
    const isOpen = isUndecided(ops) && (orders[branch] ?? []).every(succeeded);
    return isOpen ? [{ branch, op: "action" }] : [];
  });
}

/** The action has neither succeeded nor failed. */
function isUndecided({ action }: BranchProgress): boolean {
  return action === undefined || action.status === "prepared";
}

/**
 * The compensations whose turn it is, in reverse order of the list or of the order graph (I4). A step is compensated
 * when no call of its own action is out, and every step that follows it in the graph is rolled back. It is enough to
 * look at its direct followers, because each follower was rolled back after its own followers.
 */
function openCompensations({ definition, progress }: Transaction): readonly OpPlace[] {
  const { branches } = progress;
  const isQuiet = ({ action }: BranchProgress): boolean => action?.inFlight !== true;
  const isRolledBack = (ops: BranchProgress): boolean => isQuiet(ops) && !needsCompensation(ops);
  if (!definition.concurrent) {
    const branch = branches.findLastIndex((ops) => !isRolledBack(ops));
    return branch >= 0 && isQuiet(at(branches, branch)) ? [{ branch, op: "compensate" }] : [];
  }
  const followers = knownFollowersOf(branches.length, sagaSettingsOf(definition.settings).orders);
  return branches.flatMap((ops, branch): OpPlace[] => {
    const isOpen =
      needsCompensation(ops) &&
      isQuiet(ops) &&
      at(followers, branch).every((follower) => isRolledBack(at(branches, follower)));
    return isOpen ? [{ branch, op: "compensate" }] : [];
  });
}

/** Kept, because turning a large graph round takes a millisecond and each step that is rolled back needs the result. */
const followersOfOrders = new WeakMap<SagaSettings["orders"], ReturnType<typeof followersOf>>();

function knownFollowersOf(stepCount: number, orders: SagaSettings["orders"]): ReturnType<typeof followersOf> {
  const known = followersOfOrders.get(orders);
  if (known?.length === stepCount) return known;
  const followers = followersOf(stepCount, orders);
  followersOfOrders.set(orders, followers);
  return followers;
}
