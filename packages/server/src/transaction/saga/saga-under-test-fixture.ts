/** What the property tests need to know about sagas. */
import fc from "fast-check";
import { expect } from "vitest";
import type { ModeUnderTest } from "../mode-under-test-fixture.ts";
import type { Transaction } from "../model.ts";
import { followersOf } from "./order.ts";
import { saga } from "./saga.ts";
import { aSaga, aStep } from "./saga-fixture.ts";
import { sagaSettingsOf } from "./settings.ts";

/** Sagas of up to five steps; orders only point back, so there is no cycle; some URLs are empty. */
const created = fc
  .record({
    stepCount: fc.integer({ min: 0, max: 5 }),
    concurrent: fc.boolean(),
    edges: fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 6 }),
    empties: fc.array(fc.tuple(fc.nat(4), fc.constantFrom("action", "compensate")), { maxLength: 3 }),
    timeoutToFailMs: fc.constantFrom(0, 0, 40, 5_000),
    retryLimit: fc.constantFrom(0, 0, 1, 3),
  })
  .map(({ stepCount, concurrent, edges, empties, timeoutToFailMs, retryLimit }) => {
    const orders: Record<number, number[]> = {};
    for (const [a, b] of edges) {
      if (a !== b && Math.max(a, b) < stepCount)
        orders[Math.max(a, b)] = [...(orders[Math.max(a, b)] ?? []), Math.min(a, b)];
    }
    const branches = Array.from({ length: stepCount }, (_, index) => {
      const emptied = empties.filter(([of]) => of === index).map(([, op]) => [op, ""]);
      return aStep(index, Object.fromEntries(emptied));
    });
    return aSaga({ branches, concurrent, orders, options: { timeoutToFailMs, retryLimit } });
  });

export const sagaUnderTest: ModeUnderTest = {
  mode: saga,
  created,
  endsByItself: true,
  ops: ["action", "compensate"],
  opsIn: (status) => (status === "submitted" ? ["action"] : status === "aborting" ? ["compensate"] : []),
  expectPromiseKept({ progress: { status, branches } }) {
    for (const { action, compensate } of branches) {
      if (status === "succeed") expect(action?.status).toBe("succeed");
      else if (action?.mayHaveRun === true) expect(compensate?.status).toBe("succeed");
    }
  },
  expectInOrder(next, { branch, op }) {
    if (op === "compensate") expectRolledBackBehind(next, branch);
  },
  mayRollBack({ definition: { options }, progress }, now) {
    const { timeoutToFailMs, retryLimit } = options;
    const isRefused = progress.branches.some(({ action }) => action?.status === "failed");
    const isLate = timeoutToFailMs > 0 && now - (progress.submittedAt ?? now) >= timeoutToFailMs;
    const isWornOut = retryLimit > 0 && progress.retryCount > retryLimit;
    return isRefused || isLate || isWornOut;
  },
};

function expectRolledBackBehind({ definition, progress }: Transaction, step: number): void {
  const { orders } = sagaSettingsOf(definition.settings);
  const behind = definition.concurrent
    ? reachable(followersOf(progress.branches.length, orders), step)
    : progress.branches.map((_, index) => index).filter((index) => index > step);
  for (const index of behind) {
    const { action, compensate } = progress.branches[index] ?? {};
    expect(action?.inFlight === true).toBe(false);
    expect(action?.mayHaveRun === true && compensate?.status !== "succeed").toBe(false);
  }
}

function reachable(followers: readonly (readonly number[])[], from: number): number[] {
  const seen = new Set<number>();
  const visit = (step: number): void => {
    for (const follower of followers[step] ?? []) {
      if (seen.has(follower)) continue;
      seen.add(follower);
      visit(follower);
    }
  };
  visit(from);
  return [...seen];
}
