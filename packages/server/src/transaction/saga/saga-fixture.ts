/** Sagas for tests. The builders have a default for everything, so that a test sets only what it is about. */
import { createTransaction } from "../create.ts";
import { decide } from "../decide.ts";
import type { Decision, Moment, TransactionEvent } from "../decision.ts";
import {
  type Asked,
  type Branch,
  type BranchOutcome,
  branchIdOf,
  type EpochMs,
  type Gid,
  type Op,
  type Transaction,
  type TransactionOptions,
} from "../model.ts";
import { NO_OPTIONS } from "../options-fixture.ts";

export const POLICY = { retryBaseMs: 1_000, retryCapMs: 300_000, retryBudget: 5 } as const;

/** What a test may set about a saga. */
export interface SagaChanges {
  readonly stepCount?: number;
  readonly concurrent?: boolean;
  readonly orders?: Readonly<Record<number, readonly number[]>>;
  readonly options?: Partial<TransactionOptions>;
  readonly branches?: readonly Branch[];
}

/** A branch whose ops are at `http://b/a1`, `http://b/c1` and so on, counted from 1. */
export function aStep(
  index: number,
  over: { action?: string; compensate?: string; payload?: Uint8Array } = {},
): Branch {
  const {
    compensate = `http://b/c${index + 1}`,
    action = `http://b/a${index + 1}`,
    payload = new Uint8Array([index]),
  } = over;
  return { id: branchIdOf(index), urls: { compensate, action }, payload };
}

/** What the submit of a saga asks for: two steps unless told otherwise. */
export function askedSaga(over: SagaChanges = {}): Asked {
  const steps = Array.from({ length: over.stepCount ?? 2 }, (_, index) => aStep(index));
  return {
    definition: {
      gid: "g1" as Gid,
      transType: "saga",
      protocol: "http",
      concurrent: over.concurrent ?? false,
      settings: { orders: over.orders ?? {} },
      options: { ...NO_OPTIONS, ...over.options },
      customData: "",
      createdAt: 0 as EpochMs,
    },
    branches: over.branches ?? steps,
  };
}

/** What the submit of a saga asks for, under this gid. */
export function saga(gid: string, over: SagaChanges = {}): Asked {
  const { definition, branches } = askedSaga(over);
  return { definition: { ...definition, gid: gid as Gid }, branches };
}

export function aSaga(over: SagaChanges = {}): Transaction {
  return createTransaction(askedSaga(over), "submitted", 0 as EpochMs);
}

export function at(now: number, unit = 0.5): Moment {
  return { now: now as EpochMs, unit, policy: POLICY };
}

export const SUCCESS: BranchOutcome = { kind: "success" };
export const FAILURE: BranchOutcome = { kind: "failure", reason: "no money FAILURE" };
export const ONGOING: BranchOutcome = { kind: "ongoing" };
export const UNKNOWN: BranchOutcome = { kind: "unknown", cause: "http 500" };

export function answer(branch: number, op: Op, outcome: BranchOutcome, startedAt = 0): TransactionEvent {
  return { kind: "answered", branch, op, outcome, startedAt: startedAt as EpochMs, durationMs: 0 };
}

/** The calls of a decision as `a1` (action of step 1) or `c2` (compensation of step 2). */
export function callsOf({ effects }: Decision): string[] {
  return effects.flatMap((effect) => (effect.kind === "call" ? [`${effect.op[0]}${effect.branch + 1}`] : []));
}

/** Action and compensation of each step, as protocol 13 writes rows: P, S or F; compensation first. */
export function rowsOf({ progress }: Transaction): string {
  const letter = { prepared: "P", succeed: "S", failed: "F" } as const;
  return progress.branches
    .map(
      ({ action, compensate }) =>
        letter[compensate?.status ?? "prepared"] + letter[action?.status ?? "prepared"],
    )
    .join("");
}

/**
 * Runs a saga whose branches answer at once by `script` (`{ a2: [FAILURE], c1: [UNKNOWN, SUCCESS] }`; what is
 * not scripted succeeds), jumping to each wake-up, until nothing is left to do. Returns the calls in order.
 */
export function play(
  saga: Transaction,
  script: Readonly<Record<string, readonly BranchOutcome[]>> = {},
): { readonly saga: Transaction; readonly calls: readonly string[]; readonly now: number } {
  const rest = new Map(Object.entries(script).map(([name, outcomes]) => [name, [...outcomes]]));
  const calls: string[] = [];
  const events: TransactionEvent[] = [{ kind: "drive" }];
  let current = saga;
  let now = 0;
  for (let turn = 0; turn < 10_000; turn += 1) {
    const event = events.shift();
    if (event === undefined) return { saga: current, calls, now };
    const decision = decide(current, event, at(now));
    current = decision.next;
    for (const effect of decision.effects) {
      if (effect.kind !== "call") continue;
      const name = `${effect.op[0]}${effect.branch + 1}`;
      calls.push(name);
      events.push(answer(effect.branch, effect.op, rest.get(name)?.shift() ?? SUCCESS, now));
    }
    const wake = decision.effects.find((effect) => effect.kind === "wake");
    if (events.length === 0 && wake !== undefined && !decision.hold) {
      now = Math.max(now, wake.at);
      events.push({ kind: "drive" });
    }
  }
  throw new Error("the saga never came to rest");
}
