/** Sagas for tests: builders that default everything, so that what a test sets is what it is about. */
import type { Decision, Moment, TransactionEvent } from "../decision.ts";
import type {
  BranchOutcome,
  Definition,
  EpochMs,
  Gid,
  SagaOp,
  Transaction,
  TransactionOptions,
} from "../model.ts";
import { createSaga } from "./create.ts";
import { decideSaga } from "./decide.ts";

export const POLICY = { retryBaseMs: 1_000, retryCapMs: 300_000, retryBudget: 5 } as const;

export function aDefinition(
  over: {
    readonly stepCount?: number;
    readonly concurrent?: boolean;
    readonly orders?: Readonly<Record<number, readonly number[]>>;
    readonly options?: Partial<TransactionOptions>;
    readonly steps?: Definition["steps"];
  } = {},
): Definition {
  const steps = Array.from({ length: over.stepCount ?? 2 }, (_, step) => ({
    action: `http://b/a${step + 1}`,
    compensate: `http://b/c${step + 1}`,
    payload: new Uint8Array([step]),
  }));
  return {
    gid: "g1" as Gid,
    transType: "saga",
    protocol: "http",
    steps: over.steps ?? steps,
    concurrent: over.concurrent ?? false,
    orders: over.orders ?? {},
    options: {
      timeoutToFailMs: 0,
      requestTimeoutMs: 0,
      retryIntervalMs: 0,
      retryLimit: 0,
      branchHeaders: {},
      waitResult: false,
      ...over.options,
    },
    customData: "",
    createdAt: 0 as EpochMs,
  };
}

export function aSaga(over: Parameters<typeof aDefinition>[0] = {}): Transaction {
  return createSaga(aDefinition(over), "submitted", 0 as EpochMs);
}

export function at(now: number, unit = 0.5): Moment {
  return { now: now as EpochMs, unit, policy: POLICY };
}

export const SUCCESS: BranchOutcome = { kind: "success" };
export const FAILURE: BranchOutcome = { kind: "failure", reason: "no money FAILURE" };
export const ONGOING: BranchOutcome = { kind: "ongoing" };
export const UNKNOWN: BranchOutcome = { kind: "unknown", cause: "http 500" };

export function answer(step: number, op: SagaOp, outcome: BranchOutcome, startedAt = 0): TransactionEvent {
  return { kind: "answered", step, op, outcome, startedAt: startedAt as EpochMs };
}

/** The calls of a decision as `a1` (action of step 1) or `c2` (compensation of step 2). */
export function callsOf({ effects }: Decision): string[] {
  return effects.flatMap((effect) => (effect.kind === "call" ? [`${effect.op[0]}${effect.step + 1}`] : []));
}

/** Action and compensation of each step, as protocol 13 writes rows: P, S or F; compensation first. */
export function rowsOf({ progress }: Transaction): string {
  const letter = { prepared: "P", succeed: "S", failed: "F" } as const;
  return progress.steps
    .map(({ action, compensate }) => letter[compensate.status] + letter[action.status])
    .join("");
}

/**
 * Runs a saga whose branches answer at once by `script` (`{ a2: [FAILURE], c1: [UNKNOWN, SUCCESS] }`; what is
 * not scripted succeeds), jumping to each wake-up, until nothing is left to do. Answers the calls in order.
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
    const decision = decideSaga(current, event, at(now));
    current = decision.next;
    for (const effect of decision.effects) {
      if (effect.kind !== "call") continue;
      const name = `${effect.op[0]}${effect.step + 1}`;
      calls.push(name);
      events.push(answer(effect.step, effect.op, rest.get(name)?.shift() ?? SUCCESS, now));
    }
    const wake = decision.effects.find((effect) => effect.kind === "wake");
    if (events.length === 0 && wake !== undefined && !decision.hold) {
      now = Math.max(now, wake.at);
      events.push({ kind: "drive" });
    }
  }
  throw new Error("the saga never came to rest");
}
