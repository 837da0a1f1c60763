/** Moves a transaction on as far as it goes without a call. */
import { urlOf } from "./branch-url.ts";
import type { Lead, Mode } from "./mode.ts";
import { type EpochMs, isFinal, type OpProgress, type Progress, type Transaction } from "./model.ts";
import { modeOf } from "./modes.ts";
import { moved } from "./moved.ts";
import { at, type OpPlace, opOf, replaceOp } from "./progress.ts";

/**
 * Asks the mode again and again, until the status stays and no open op has an empty URL. An op with an empty URL
 * succeeds without a call, but not before a call could be made; its success may open further ops, or end the transaction.
 */
export function advance(mode: Mode, told: Transaction, now: EpochMs): Transaction {
  let transaction = led(mode, told, now);
  for (;;) {
    const empty = emptyOps(mode, transaction, now);
    if (empty.length === 0) return transaction;
    let { progress } = transaction;
    for (const place of empty) {
      const op = opOf(progress, place);
      const done: OpProgress = { ...op, status: "succeed", mayHaveRun: true, retryAt: null, finishedAt: now };
      progress = replaceOp(progress, place, done);
    }
    transaction = led(mode, withProgress(transaction, progress), now);
  }
}

function emptyOps(mode: Mode, transaction: Transaction, now: EpochMs): readonly OpPlace[] {
  return mode
    .openOps(transaction)
    .filter(
      (place) => urlAt(transaction, place) === "" && (mode.notBefore(transaction, place) ?? now) <= now,
    );
}

function urlAt({ branches }: Transaction, { branch, op }: OpPlace): string {
  return urlOf(at(branches, branch), op);
}

/** The URL of the first op that the transaction will call as it stands now; undefined when it will call none. */
export function firstCallOf(transaction: Transaction): string | undefined {
  const mode = modeOf(transaction.definition.transType);
  const ahead = advance(mode, transaction, transaction.progress.updatedAt);
  if (isFinal(ahead.progress.status)) return undefined;
  return mode
    .openOps(ahead)
    .map((place) => urlAt(ahead, place))
    .find((url) => url !== "");
}

function led(mode: Mode, told: Transaction, now: EpochMs): Transaction {
  let transaction = told;
  while (!isFinal(transaction.progress.status)) {
    const lead = leadOf(mode, transaction, now);
    if (lead === undefined) return transaction;
    transaction = withProgress(transaction, moved(transaction.progress, lead, now));
  }
  return transaction;
}

/** Where the status goes next. A person's force stop comes before anything that the mode says. */
function leadOf(mode: Mode, transaction: Transaction, now: EpochMs): Lead | undefined {
  const { forcedBy, reason } = transaction.progress;
  if (forcedBy === null) return mode.lead(transaction, now);
  return { to: "failed", reason: reason === "" ? forcedBy.reason : reason };
}

function withProgress({ definition, branches }: Transaction, progress: Progress): Transaction {
  return { definition, branches, progress };
}
