// Goal: no history of answers, deaths, wake-ups and people's requests breaks an invariant (design I1 to I5).
// Method: fast-check draws a saga and any order of events, sensible or not; each invariant is checked after each.
// Reproduce: the failing seed and path are in fast-check's message.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TransactionEvent } from "../decision.ts";
import { type BranchOutcome, isFinal, type SagaOp, type Transaction } from "../model.ts";
import { canMove } from "../status.ts";
import { decideSaga } from "./decide.ts";
import { checkOrders, followersOf } from "./order.ts";
import { aDefinition, answer, aSaga, at, SUCCESS } from "./saga-fixture.ts";
import { takeOver } from "./take-over.ts";

const outcomes: fc.Arbitrary<BranchOutcome> = fc.oneof(
  fc.constant(SUCCESS),
  fc.constant<BranchOutcome>({ kind: "failure", reason: "no FAILURE" }),
  fc.constant<BranchOutcome>({ kind: "ongoing" }),
  fc.constant<BranchOutcome>({ kind: "unknown", cause: "lost" }),
);

/** Sagas of up to five steps; orders only point back, so there is no cycle; some URLs are empty. */
const sagas = fc
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
    const { steps } = aDefinition({ stepCount });
    const withEmpties = steps.map((step, index) => {
      const emptied = empties.filter(([of]) => of === index).map(([, op]) => [op, ""]);
      return { ...step, ...Object.fromEntries(emptied) };
    });
    return aSaga({ steps: withEmpties, concurrent, orders, options: { timeoutToFailMs, retryLimit } });
  });

type Move =
  | { readonly kind: "answer"; readonly pick: number; readonly outcome: BranchOutcome }
  | { readonly kind: "event"; readonly event: TransactionEvent }
  /** Another coordinator takes it over. */
  | { readonly kind: "takeOver"; readonly abandoned: boolean };

const moves: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant("answer" as const), pick: fc.nat(), outcome: outcomes }),
  },
  {
    weight: 4,
    arbitrary: fc
      .oneof(
        fc.constant<TransactionEvent>({ kind: "drive" }),
        fc.constant<TransactionEvent>({ kind: "retryNow" }),
        fc
          .tuple(fc.nat(5), fc.constantFrom<SagaOp>("action", "compensate"), fc.boolean())
          .map(([step, op, mayHaveRun]): TransactionEvent => ({ kind: "notCalled", step, op, mayHaveRun })),
        // Answers to calls that may never have been made.
        fc
          .tuple(fc.nat(5), fc.constantFrom<SagaOp>("action", "compensate"), outcomes)
          .map(([step, op, outcome]) => answer(step, op, outcome)),
      )
      .map((event) => ({ kind: "event" as const, event })),
  },
  { weight: 1, arbitrary: fc.boolean().map((abandoned): Move => ({ kind: "takeOver", abandoned })) },
  {
    weight: 1,
    arbitrary: fc.constant<Move>({
      kind: "event",
      event: { kind: "forceStop", actor: "ann", reason: "enough" },
    }),
  },
);

function eventOf(move: Move, picked: Out | undefined): TransactionEvent {
  if (move.kind === "event") return move.event;
  if (move.kind === "takeOver" || picked === undefined) return { kind: "drive" };
  return answer(picked.step, picked.op, move.outcome);
}

interface Out {
  readonly step: number;
  readonly op: SagaOp;
}

function outOf({ progress }: Transaction): Out[] {
  return progress.steps.flatMap((ops, step) =>
    (["action", "compensate"] as const).flatMap((op) => (ops[op].inFlight ? [{ step, op }] : [])),
  );
}

test("I1 to I5 hold after every event of any history", () => {
  fc.assert(
    fc.property(sagas, fc.array(moves, { maxLength: 60 }), (start, history) => {
      let saga = start;
      let everStopped = false;
      for (const [index, move] of [
        { kind: "event", event: { kind: "drive" } } as Move,
        ...history,
      ].entries()) {
        const out = outOf(saga);
        const picked = move.kind === "answer" ? out[move.pick % Math.max(1, out.length)] : undefined;
        if (move.kind === "answer" && picked === undefined) continue;
        const event = eventOf(move, picked);
        const isTakenOver = move.kind === "takeOver" && !isFinal(saga.progress.status);
        const before = isTakenOver ? takeOver(saga, move.abandoned) : saga;
        const { next, effects, persist, hold } = decideSaga(before, event, at(index * 700));
        const { status, steps } = next.progress;
        everStopped ||= event.kind === "forceStop" && !isFinal(before.progress.status);
        const calls = effects.filter((effect) => effect.kind === "call");

        expect(canMove(before.progress.status, status)).toBe(true);
        // I3
        if (isFinal(before.progress.status)) expect(next).toBe(before);
        if (isFinal(status))
          expect({ calls, hold, nextRunAt: next.progress.nextRunAt }).toEqual({
            calls: [],
            hold: false,
            nextRunAt: null,
          });
        // I2: a call that goes the other way than the stored status waits for the new one to be durable.
        if (status !== before.progress.status) expect(persist).toBe("first");
        for (const { op } of calls) expect(op).toBe(status === "submitted" ? "action" : "compensate");
        // No op is called while a call of it is out.
        for (const { step, op } of calls) {
          const isAnswer = event.kind === "answered" || event.kind === "notCalled";
          const heard = isAnswer && event.step === step && event.op === op;
          expect(before.progress.steps[step]?.[op].inFlight === true && !heard).toBe(false);
        }
        // I4
        if (status === "succeed") expect(steps.every(({ action }) => action.status === "succeed")).toBe(true);
        if (status === "failed" && !everStopped) {
          for (const { action, compensate } of steps) {
            if (action.mayHaveRun) expect(compensate.status).toBe("succeed");
          }
        }
        // I4: reverse order.
        for (const { step, op } of calls) if (op === "compensate") expectRolledBackBehind(next, step);
        // I5: nothing but FAILURE, the time limit or the retry limit turns it round.
        if (status === "aborting" && before.progress.status === "submitted") {
          const { timeoutToFailMs, retryLimit } = next.definition.options;
          const isRefused = steps.some(({ action }) => action.status === "failed");
          const isLate = timeoutToFailMs > 0 && index * 700 >= timeoutToFailMs;
          const isWornOut = retryLimit > 0 && next.progress.retryCount > retryLimit;
          expect(isRefused || isLate || isWornOut).toBe(true);
        }
        // A parked one goes on only from where the store knows it, too.
        if (before.progress.parkedAt !== null && next.progress.parkedAt === null)
          expect(persist).toBe("first");
        // Nobody forgets it: it is held, due later, parked, or final.
        const { nextRunAt, parkedAt } = next.progress;
        expect(hold || nextRunAt !== null || parkedAt !== null || isFinal(status)).toBe(true);
        saga = next;
      }
    }),
    { numRuns: 3_000 },
  );
});

function expectRolledBackBehind({ definition, progress }: Transaction, step: number): void {
  const behind = definition.concurrent
    ? reachable(followersOf(progress.steps.length, definition.orders), step)
    : progress.steps.map((_, index) => index).filter((index) => index > step);
  for (const index of behind) {
    const ops = progress.steps[index];
    expect(ops?.action.inFlight).toBe(false);
    expect(ops?.action.mayHaveRun === true && ops.compensate.status !== "succeed").toBe(false);
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

test("liveness: once every branch answers, every saga ends", () => {
  fc.assert(
    fc.property(sagas, fc.array(moves, { maxLength: 30 }), (start, history) => {
      let saga = decideSaga(start, { kind: "drive" }, at(0)).next;
      let now = 0;
      for (const move of history) {
        now += 700;
        const out = outOf(saga);
        const picked = move.kind === "answer" ? out[move.pick % Math.max(1, out.length)] : undefined;
        if (move.kind === "answer" && picked !== undefined) {
          saga = decideSaga(saga, answer(picked.step, picked.op, move.outcome), at(now)).next;
        } else if (move.kind === "takeOver" && !isFinal(saga.progress.status)) {
          saga = decideSaga(takeOver(saga, move.abandoned), { kind: "drive" }, at(now)).next;
        } else if (move.kind === "event") saga = decideSaga(saga, move.event, at(now)).next;
      }
      saga = decideSaga(saga, { kind: "retryNow" }, at(now)).next;
      // Each turn answers all that is out with success and jumps to the next run: two turns per op are plenty.
      for (
        let turn = 0;
        turn < 4 * start.definition.steps.length + 4 && !isFinal(saga.progress.status);
        turn += 1
      ) {
        for (const { step, op } of outOf(saga))
          saga = decideSaga(saga, answer(step, op, SUCCESS), at(now)).next;
        now = Math.max(now, saga.progress.nextRunAt ?? now);
        if (!isFinal(saga.progress.status)) saga = decideSaga(saga, { kind: "drive" }, at(now)).next;
      }
      expect(isFinal(saga.progress.status)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
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
      let saga = decideSaga(aSaga({ stepCount, concurrent, orders }), { kind: "drive" }, at(0)).next;
      const serial = (step: number, before: number) => !concurrent && before >= step;
      const isBlocked = Object.entries(orders).some(([step, befores]) =>
        befores.some((b) => serial(Number(step), b)),
      );
      for (let turn = 0; turn < stepCount + 1; turn += 1) {
        for (const { step, op } of outOf(saga))
          saga = decideSaga(saga, answer(step, op, SUCCESS), at(turn)).next;
      }
      const finishes = saga.progress.status === "succeed" && !isBlocked;
      expect(checkOrders({ stepCount, concurrent, orders }) === undefined).toBe(finishes);
    }),
    { numRuns: 3_000 },
  );
});
