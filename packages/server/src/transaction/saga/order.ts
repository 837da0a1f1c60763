import { ORDER_EDGES_MAX } from "../limits.ts";
import { branchIdOf } from "../model.ts";

/** A saga's order graph as it was asked for. */
export interface OrderGraph {
  readonly stepCount: number;
  /** When false, the steps run one after the other, and `orders` may only repeat that order. */
  readonly concurrent: boolean;
  /** `orders[step]` must succeed before `step` starts. Counted from 0. */
  readonly orders: Readonly<Record<number, readonly number[]>>;
}

/** A sentence that says why no run could ever follow this graph, or undefined when one can. */
export function checkOrders(graph: OrderGraph): string | undefined {
  const { stepCount, concurrent, orders } = graph;
  let edgeCount = 0;
  for (const [key, befores] of Object.entries(orders)) {
    const step = Number(key);
    for (const index of [step, ...befores]) {
      if (!Number.isInteger(index) || index < 0 || index >= stepCount) {
        return `orders name step ${index}, counted from 0, but the branches are ${branchIdOf(0)} to ${branchIdOf(stepCount - 1)}`;
      }
    }
    edgeCount += befores.length;
    if (edgeCount > ORDER_EDGES_MAX) return `orders have more than ${ORDER_EDGES_MAX} entries`;
    if (!concurrent && befores.some((before) => before >= step)) {
      return `orders make branch ${branchIdOf(step)} wait for a later one, but without concurrent the branches run in their order`;
    }
  }
  const stuck = concurrent ? stepInCycle(graph) : undefined;
  return stuck === undefined
    ? undefined
    : `orders have a cycle through branch ${branchIdOf(stuck)}, so it could never start`;
}

/** A step on a cycle, if there is one. Takes away the steps that can run, until none can (Kahn 1962). */
function stepInCycle({ stepCount, orders }: OrderGraph): number | undefined {
  const waitCounts = Array.from({ length: stepCount }, (_, step) => new Set(orders[step]).size);
  const followers = followersOf(stepCount, orders);
  const ready = waitCounts.flatMap((count, step) => (count === 0 ? [step] : []));
  let leftCount = stepCount;
  for (let step = ready.pop(); step !== undefined; step = ready.pop()) {
    leftCount -= 1;
    for (const follower of followers[step] ?? []) {
      const count = (waitCounts[follower] ?? 0) - 1;
      waitCounts[follower] = count;
      if (count === 0) ready.push(follower);
    }
  }
  if (leftCount === 0) return undefined;
  // A step that still waits is on a cycle or behind one. Going from a step to one that it waits for ends on the cycle.
  let step = waitCounts.findIndex((count) => count > 0);
  for (const seen = new Set<number>(); !seen.has(step); ) {
    seen.add(step);
    step = (orders[step] ?? []).find((before) => (waitCounts[before] ?? 0) > 0) ?? step;
  }
  return step;
}

/** The graph turned round: for each step, the steps that wait for it, each once. */
export function followersOf(
  stepCount: number,
  orders: Readonly<Record<number, readonly number[]>>,
): readonly (readonly number[])[] {
  const followers: number[][] = Array.from({ length: stepCount }, () => []);
  for (const [key, befores] of Object.entries(orders)) {
    for (const before of new Set(befores)) followers[before]?.push(Number(key));
  }
  return followers;
}
