// Goal: a saga's order graph is refused exactly where no run could follow it, and the sentence names the place.
// Method: a table of sentences; then every small graph drawn by fast-check is tried against the real decide.
import fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "../decide.ts";
import { ORDER_EDGES_MAX } from "../limits.ts";
import { checkOrders, followersOf } from "./order.ts";
import { answer, aSaga, at, SUCCESS } from "./saga-fixture.ts";

const RANGE = (index: number | string) =>
  `orders name step ${index}, counted from 0, but the branches are 01 to 03`;

test.for([
  ["nothing", false, {}, undefined],
  ["the last step after the first", true, { 2: [0] }, undefined],
  ["the same, named twice", true, { 2: [0, 0] }, undefined],
  ["the order that there is anyway", false, { 2: [0, 1] }, undefined],
  ["a step far too large", true, { 7: [0] }, RANGE(7)],
  ["just one too large", true, { 3: [0] }, RANGE(3)],
  ["an earlier one just too large", true, { 0: [3] }, RANGE(3)],
  ["an earlier one that is negative", true, { 0: [-1] }, RANGE(-1)],
  ["an earlier one that is no whole number", true, { 0: [1.5] }, RANGE(1.5)],
  ["a key that is no number", true, { x: [0] }, RANGE("NaN")],
  [
    "a later one, serially",
    false,
    { 0: [1] },
    "orders make branch 01 wait for a later one, but without concurrent the branches run in their order",
  ],
  [
    "itself, serially",
    false,
    { 1: [1] },
    "orders make branch 02 wait for a later one, but without concurrent the branches run in their order",
  ],
  ["itself", true, { 1: [1] }, "orders have a cycle through branch 02, so it could never start"],
  [
    "a cycle of two",
    true,
    { 1: [2], 2: [1] },
    "orders have a cycle through branch 02, so it could never start",
  ],
  [
    "one that waits for a cycle names a step on the cycle",
    true,
    { 0: [2], 1: [2], 2: [1] },
    "orders have a cycle through branch 03, so it could never start",
  ],
] as const)("%s", ([, concurrent, orders, problem]) => {
  expect(checkOrders({ stepCount: 3, concurrent, orders: orders as never })).toBe(problem);
});

test("as many entries as allowed pass, and one more does not", () => {
  const full = (count: number) => ({ 1: Array.from({ length: count }, () => 0) });
  expect(checkOrders({ stepCount: 2, concurrent: true, orders: full(ORDER_EDGES_MAX) })).toBeUndefined();
  expect(checkOrders({ stepCount: 2, concurrent: true, orders: full(ORDER_EDGES_MAX + 1) })).toBe(
    `orders have more than ${ORDER_EDGES_MAX} entries`,
  );
});

test("followers are the graph turned round, each once", () => {
  expect(followersOf(3, { 1: [0, 0], 2: [0, 1] })).toEqual([[1, 2], [2], []]);
});

test("checkOrders refuses exactly the graphs that no run can finish", () => {
  const graphs = fc.record({
    stepCount: fc.integer({ min: 1, max: 5 }),
    concurrent: fc.boolean(),
    edges: fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 8 }),
  });
  fc.assert(
    fc.property(graphs, ({ stepCount, concurrent, edges }) => {
      const orders: Record<number, number[]> = {};
      for (const [step, before] of edges) {
        if (step < stepCount && before < stepCount) orders[step] = [...(orders[step] ?? []), before];
      }
      let saga = decide(aSaga({ stepCount, concurrent, orders }), { kind: "drive" }, at(0)).next;
      const isBlocked =
        !concurrent &&
        Object.entries(orders).some(([step, befores]) => befores.some((before) => before >= Number(step)));
      for (let turn = 0; turn < stepCount + 1; turn += 1) {
        for (const [branch, { action }] of saga.progress.branches.entries())
          if (action?.inFlight === true)
            saga = decide(saga, answer(branch, "action", SUCCESS), at(turn)).next;
      }
      const finishes = saga.progress.status === "succeed" && !isBlocked;
      expect(checkOrders({ stepCount, concurrent, orders }) === undefined).toBe(finishes);
    }),
    { numRuns: 3_000 },
  );
});
