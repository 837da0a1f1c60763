// Goal: no history of answers, deaths, wake-ups, clock steps and people's requests breaks an invariant (design I1 to
// I5), in any mode of the table.
// Method: fast-check draws a transaction and events in any order, sensible or not; after each event every invariant is
// checked.
// Reproduce: the failing seed and path are in fast-check's message.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import type { Moment, TransactionEvent } from "./decision.ts";
import type { ModeUnderTest } from "./mode-under-test-fixture.ts";
import { type BranchOutcome, branchIdOf, type EpochMs, isFinal, type Transaction } from "./model.ts";
import { MODES } from "./modes.ts";
import { msgUnderTest } from "./msg/msg-under-test-fixture.ts";
import { ruleRollBack, ruleTakeAsDone } from "./operator-rulings.ts";
import { type OpPlace, opOf } from "./progress.ts";
import { sagaUnderTest } from "./saga/saga-under-test-fixture.ts";
import { canMove } from "./status.ts";
import { takeOver } from "./take-over.ts";
import { twoPhaseUnderTest } from "./two-phase/two-phase-under-test-fixture.ts";
import { workflowUnderTest } from "./workflow/workflow-under-test-fixture.ts";

/** A new row of `MODES` does not compile here until its mode is tested. */
const UNDER_TEST = {
  saga: sagaUnderTest,
  tcc: twoPhaseUnderTest("tcc", MODES.tcc, { commit: "confirm", undo: "cancel", begins: "last" }),
  msg: msgUnderTest,
  workflow: workflowUnderTest,
  xa: twoPhaseUnderTest("xa", MODES.xa, { commit: "commit", undo: "rollback", begins: "first" }),
} as const satisfies Record<keyof typeof MODES, ModeUnderTest>;

const POLICY = { retryBaseMs: 1_000, retryCapMs: 300_000, retryBudget: 5 } as const;
/** The time between two events. */
const TICK_MS = 700;
/** Everything starts here, so that a clock can be set back. */
const START_MS = 10_000_000;

const outcomes: fc.Arbitrary<BranchOutcome> = fc.constantFrom<BranchOutcome[]>(
  { kind: "success" },
  { kind: "failure", reason: "no FAILURE" },
  { kind: "ongoing" },
  { kind: "unknown", cause: "lost" },
  { kind: "unknown", cause: "unreadable", trait: "lasting" },
);

type Move =
  /** One of the calls that are out is answered. */
  | { readonly kind: "answer"; readonly pick: number; readonly outcome: BranchOutcome }
  | { readonly kind: "event"; readonly event: TransactionEvent }
  /** Another coordinator takes the transaction over. */
  | { readonly kind: "takeOver"; readonly abandoned: boolean }
  /** The clock is set back or ahead. */
  | { readonly kind: "step"; readonly ms: number };

function movesOf({ ops }: ModeUnderTest): fc.Arbitrary<Move> {
  const place = fc.record({ branch: fc.nat(5), op: fc.constantFrom(...ops) });
  const events = fc.oneof(
    fc.constant<TransactionEvent>({ kind: "drive" }),
    fc.constant<TransactionEvent>({ kind: "retryNow" }),
    place.map((at): TransactionEvent => ({ kind: "wake", places: [at] })),
    fc
      .tuple(place, fc.boolean())
      .map(([at, mayHaveRun]): TransactionEvent => ({ kind: "notCalled", ...at, mayHaveRun })),
    // Answers to calls that may never have been made.
    fc.tuple(place, outcomes).map(([at, outcome]) => answerTo(at, outcome)),
  );
  const who = { actor: "ann", reason: "enough" };
  const people = fc.oneof(
    fc.constant<TransactionEvent>({ kind: "forceStop", ...who }),
    fc.constant<TransactionEvent>({ kind: "rollBack", ...who }),
    fc.tuple(fc.nat(5), fc.constantFrom(...ops), fc.constantFrom("success" as const, "failure" as const)).map(
      ([branch, op, outcome]): TransactionEvent => ({
        ...{ kind: "takeAsDone", branchId: branchIdOf(branch), op, outcome },
        ...who,
      }),
    ),
  );
  return fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ kind: fc.constant("answer" as const), pick: fc.nat(), outcome: outcomes }),
    },
    { weight: 4, arbitrary: events.map((event): Move => ({ kind: "event", event })) },
    { weight: 1, arbitrary: fc.boolean().map((abandoned): Move => ({ kind: "takeOver", abandoned })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(-3_600_000, -30_000, -500, 20_000).map((ms): Move => ({ kind: "step", ms })),
    },
    { weight: 2, arbitrary: people.map((event): Move => ({ kind: "event", event })) },
  );
}

function answerTo(at: OpPlace, outcome: BranchOutcome): TransactionEvent {
  return { kind: "answered", ...at, outcome, startedAt: START_MS as EpochMs, durationMs: 1 };
}

function momentAt(now: number): Moment {
  return { now: now as EpochMs, unit: 0.5, policy: POLICY };
}

/** The calls that are out. */
function outOf({ progress }: Transaction): OpPlace[] {
  return progress.branches.flatMap((ops, branch) =>
    Object.keys(ops).flatMap((op) => (ops[op]?.inFlight === true ? [{ branch, op }] : [])),
  );
}

/** What was created at 0, as if that had been at `now`, the instant at which the histories start. */
function startedAt(created: Transaction, now: number): Transaction {
  const { progress } = created;
  const moved = (at: EpochMs | null): EpochMs | null => (at === null ? null : ((at + now) as EpochMs));
  return {
    ...created,
    progress: {
      ...progress,
      preparedAt: moved(progress.preparedAt),
      submittedAt: moved(progress.submittedAt),
      updatedAt: now as EpochMs,
      nextRunAt: moved(progress.nextRunAt),
    },
  };
}

describe.each(Object.entries(UNDER_TEST))("%s", (_name, under) => {
  const created = under.created.map((transaction) => startedAt(transaction, START_MS));
  const moves = movesOf(under);

  test("I1 to I5 hold after every event of any history", () => {
    fc.assert(
      fc.property(created, fc.array(moves, { maxLength: 60 }), (start, history) => {
        let transaction = start;
        let everStopped = false;
        let now = START_MS;
        const whole: Move[] = [{ kind: "event", event: { kind: "drive" } }, ...history];
        for (const move of whole) {
          now += TICK_MS + (move.kind === "step" ? move.ms : 0);
          const out = outOf(transaction);
          const picked = move.kind === "answer" ? out[move.pick % Math.max(1, out.length)] : undefined;
          if (move.kind === "answer" && picked === undefined) continue;
          const event = eventOf(move, picked);
          const isTakenOver = move.kind === "takeOver" && !isFinal(transaction.progress.status);
          const before = isTakenOver ? takeOver(transaction, move.abandoned) : transaction;
          const decision = decide(before, event, momentAt(now));
          everStopped ||= event.kind === "forceStop" && !isFinal(before.progress.status);
          expectSound(under, { before, event, decision, now, everStopped });
          transaction = decision.next;
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test.skipIf(!under.endsByItself)("liveness: once every branch answers, every transaction ends", () => {
    fc.assert(
      fc.property(created, fc.array(moves, { maxLength: 30 }), (start, history) => {
        let now = START_MS;
        let transaction = decide(start, { kind: "drive" }, momentAt(now)).next;
        for (const move of history) {
          now += TICK_MS + (move.kind === "step" ? move.ms : 0);
          const out = outOf(transaction);
          const picked = move.kind === "answer" ? out[move.pick % Math.max(1, out.length)] : undefined;
          if (move.kind === "answer" && picked === undefined) continue;
          const isTakenOver = move.kind === "takeOver" && !isFinal(transaction.progress.status);
          const before = isTakenOver ? takeOver(transaction, move.abandoned) : transaction;
          transaction = decide(before, eventOf(move, picked), momentAt(now)).next;
        }
        transaction = decide(transaction, { kind: "retryNow" }, momentAt(now)).next;
        // Each turn answers all calls that are out with success and jumps to the next run: two turns per op are plenty.
        const turnsMax = 2 * under.ops.length * start.branches.length + 4;
        for (let turn = 0; turn < turnsMax && !isFinal(transaction.progress.status); turn += 1) {
          for (const place of outOf(transaction))
            transaction = decide(transaction, answerTo(place, { kind: "success" }), momentAt(now)).next;
          now = Math.max(now, transaction.progress.nextRunAt ?? now);
          if (!isFinal(transaction.progress.status))
            transaction = decide(transaction, { kind: "drive" }, momentAt(now)).next;
        }
        expect(isFinal(transaction.progress.status)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a clock that is set back makes nothing later than its own delay", () => {
    fc.assert(
      fc.property(
        created,
        fc.array(moves, { maxLength: 30 }),
        fc.integer({ min: 1, max: 10_000_000 }),
        (start, history, backMs) => {
          let now = START_MS;
          let transaction = decide(start, { kind: "drive" }, momentAt(now)).next;
          for (const move of history) {
            now += TICK_MS;
            const [picked] = outOf(transaction);
            if (move.kind === "answer" && picked !== undefined)
              transaction = decide(transaction, answerTo(picked, move.outcome), momentAt(now)).next;
          }
          // The calls that are still out are answered with ONGOING, so that nothing holds the transaction.
          for (const place of outOf(transaction))
            transaction = decide(transaction, answerTo(place, { kind: "ongoing" }), momentAt(now)).next;
          const { nextRunAt, updatedAt } = transaction.progress;
          if (nextRunAt === null || outOf(transaction).length > 0) return;
          const delayMs = nextRunAt - updatedAt;
          // A coordinator drives it when its delay has gone by, on a clock that was set back meanwhile.
          now = nextRunAt - backMs;
          const looked = decide(transaction, { kind: "drive" }, momentAt(now)).next;
          const waitsUntil = looked.progress.nextRunAt ?? now;
          expect(waitsUntil - now).toBeLessThanOrEqual(delayMs + 1_000);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

function eventOf(move: Move, picked: OpPlace | undefined): TransactionEvent {
  if (move.kind === "event") return move.event;
  if (move.kind !== "answer" || picked === undefined) return { kind: "drive" };
  return answerTo(picked, move.outcome);
}

interface Taken {
  readonly before: Transaction;
  readonly event: TransactionEvent;
  readonly decision: ReturnType<typeof decide>;
  readonly now: number;
  readonly everStopped: boolean;
}

function expectSound(under: ModeUnderTest, { before, event, decision, now, everStopped }: Taken): void {
  const { next, effects, persist, hold } = decision;
  const { status, nextRunAt, parkedAt } = next.progress;
  const calls = effects.filter((effect) => effect.kind === "call");
  expect(canMove(before.progress.status, status)).toBe(true);
  // I3
  if (isFinal(before.progress.status)) expect(next).toBe(before);
  if (isFinal(status))
    expect({ effects, hold, nextRunAt }).toEqual({ effects: [], hold: false, nextRunAt: null });
  // I2: a new status is durable before its calls are made, and a call is of an op that belongs to the status.
  if (status !== before.progress.status) expect(persist).toBe("first");
  for (const { op } of calls) expect(under.opsIn(status)).toContain(op);
  // No op is called while a call of it is out.
  for (const call of calls) {
    const isHeard = (event.kind === "answered" || event.kind === "notCalled") && isSame(event, call);
    expect(opOf(before.progress, call).inFlight && !isHeard).toBe(false);
  }
  // A call is taken back only while it is out, and only when it is not its op's turn any more.
  for (const effect of effects) {
    if (effect.kind !== "takeBack") continue;
    expect(opOf(next.progress, effect).inFlight).toBe(true);
    expect(under.mode.openOps(next).some((open) => isSame(open, effect))).toBe(false);
  }
  // I4
  if (isFinal(status) && !everStopped) under.expectPromiseKept(next);
  for (const call of calls) under.expectInOrder(next, call);
  // I5: only FAILURE, the time limit or the retry limit makes a transaction roll back.
  if (status === "aborting" && before.progress.status !== "aborting")
    expect(next.progress.rolledBackBy !== null || under.mayRollBack(next, now as EpochMs)).toBe(true);
  expectPeopleHeard({ before, event, decision });
  // A parked transaction goes on only after the store knows that it does.
  if (before.progress.parkedAt !== null && parkedAt === null) expect(persist).toBe("first");
  // The transaction is not forgotten: it is held, due later, parked, or final.
  expect(hold || nextRunAt !== null || parkedAt !== null || isFinal(status)).toBe(true);
  // And what is held is due: should its holder die, nobody waits longer than for the lease.
  if (hold) expect(nextRunAt).toBeLessThanOrEqual(now);
}

/** What a person asked for is durable before any call, and changes nothing where the ruling is not `go`. */
function expectPeopleHeard({ before, event, decision }: Pick<Taken, "before" | "event" | "decision">): void {
  if (event.kind === "rollBack") {
    const isGo = ruleRollBack(before).kind === "go";
    if (isGo) expect(["aborting", "failed"]).toContain(decision.next.progress.status);
    if (isGo) expect(decision.persist).toBe("first");
    else expect(decision.next.progress.rolledBackBy).toEqual(before.progress.rolledBackBy);
  }
  if (event.kind !== "takeAsDone") return;
  const branch = before.branches.findIndex(({ id }) => id === event.branchId);
  const after = decision.next.progress.branches[branch]?.[event.op];
  if (ruleTakeAsDone(before, event).kind === "go") {
    expect(after).toMatchObject({ status: event.outcome === "success" ? "succeed" : "failed" });
    expect(after?.takenBy?.actor).toBe("ann");
    expect(decision.persist).toBe("first");
  } else expect(after?.takenBy).toEqual(before.progress.branches[branch]?.[event.op]?.takenBy);
}

function isSame(a: OpPlace, b: OpPlace): boolean {
  return a.branch === b.branch && a.op === b.op;
}
