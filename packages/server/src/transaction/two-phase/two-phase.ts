/**
 * What `tcc` and `xa` share: callers register branches while the transaction is prepared; the submit or the abort
 * decides; then one op of each branch is called, one branch after the other, until it has succeeded.
 *
 * - I4: `succeed`: the committing op of every branch succeeded. `failed`: the undoing op of every branch succeeded.
 * - I5: phase two has no refusal: a FAILURE is asked again (protocol 4.6), and nothing but an abort, a person or the
 *   time limit of a prepared transaction leads back.
 */
import { unreachable } from "../invariant.ts";
import type { Lead, Mode } from "../mode.ts";
import type { EpochMs, Op, Transaction } from "../model.ts";
import type { OpPlace } from "../progress.ts";
import { isBusy, opOf } from "../progress.ts";
import { later } from "../retry.ts";
import { ruleAbort, rulePrepare, ruleRegister, ruleSubmit } from "../rulings.ts";
import { hasTimeLimit, timeLimitOf } from "./settings.ts";

/** The ops of a mode's phase two, and which branch has its turn first: the one that was registered first or last. */
export interface TwoPhase {
  readonly commit: Op;
  readonly undo: Op;
  readonly begins: "first" | "last";
}

/** The mode with these ops. */
export function twoPhaseMode({ commit, undo, begins }: TwoPhase): Mode {
  const opIn = ({ progress: { status } }: Transaction): Op | undefined =>
    status === "submitted" ? commit : status === "aborting" ? undo : undefined;
  return {
    hasSettings: hasTimeLimit,
    begin: (created) => created,
    rule(stored, request) {
      switch (request.kind) {
        case "prepare":
          return rulePrepare(stored, request.asked);
        case "submit":
          return ruleSubmit(stored, request.asked);
        case "abort":
          return ruleAbort(stored);
        case "register":
          return ruleRegister(stored, request);
        default:
          return unreachable(request);
      }
    },
    submitCreates: true,
    submitLeadsTo: () => ({ to: "submitted" }),
    abortLeadsTo: "aborting",
    rollsBackFrom: ["prepared"],
    callerBranch: null,
    openOps(transaction) {
      const op = opIn(transaction);
      const next = op === undefined ? undefined : nextOf(transaction, op, begins);
      return next === undefined ? [] : [next];
    },
    notBefore: () => null,
    lead(transaction, now) {
      if (transaction.progress.status === "prepared") return timeIsUp(transaction, now);
      const op = opIn(transaction);
      if (op === undefined || transaction.progress.branches.some(isBusy)) return undefined;
      if (nextOf(transaction, op, begins) !== undefined) return undefined;
      return { to: op === commit ? "succeed" : "failed" };
    },
    deadlineAt: timeLimitAt,
    onSuccess: () => "succeeds",
    onFailure: () => "askedAgain",
    countsRetries: () => false,
    // Nothing of phase two depends on whether an op may have run: each is called until it has succeeded.
    takenOver: (transaction) => transaction,
  };
}

/** The next branch whose op has not succeeded; undefined when all have. */
function nextOf({ progress }: Transaction, op: Op, begins: TwoPhase["begins"]): OpPlace | undefined {
  const { length } = progress.branches;
  for (let turn = 0; turn < length; turn += 1) {
    const branch = begins === "first" ? turn : length - 1 - turn;
    if (opOf(progress, { branch, op }).status !== "succeed") return { branch, op };
  }
  return undefined;
}

/** The roll-back of a prepared transaction whose caller has neither submitted nor aborted it in time. */
function timeIsUp(transaction: Transaction, now: EpochMs): Lead | undefined {
  const at = timeLimitAt(transaction);
  if (at === null || now < at) return undefined;
  const { timeLimitMs } = timeLimitOf(transaction.definition.settings);
  return { to: "aborting", reason: `Timeout after ${timeLimitMs / 1_000} seconds` };
}

/** When a prepared transaction is rolled back; null in any other status. */
function timeLimitAt({ definition, progress }: Transaction): EpochMs | null {
  const { status, preparedAt } = progress;
  if (status !== "prepared" || preparedAt === null) return null;
  return later(preparedAt, timeLimitOf(definition.settings).timeLimitMs);
}
