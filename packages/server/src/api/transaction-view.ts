/**
 * A stored transaction as callers see it: the members that dtm shows with its SQL stores, in dtm's order (protocol
 * 1.7), and then our own. A member that dtm leaves out when empty is left out here too.
 */
import { isUtf8 } from "node:buffer";
import { type BranchView, bufferOf, shownReason, shownUrl, type TransactionView } from "@lockstep/protocol";
import type { StoredTransaction, TransactionSummary, WaitsFor } from "../engine/ports.ts";
import { urlOf } from "../transaction/branch-url.ts";
import type {
  Attempt,
  Branch,
  Definition,
  EpochMs,
  Intervention,
  Op,
  OpProgress,
} from "../transaction/model.ts";
import { modeOf } from "../transaction/modes.ts";
import { touchedOpOf } from "../transaction/progress.ts";

/** A transaction without its branches, as `all` lists it. */
export type ListedTransaction = TransactionView["transaction"];

export function transactionViewOf(stored: StoredTransaction): TransactionView {
  const rows = rowsOf(stored);
  const { callerBranch } = modeOf(stored.definition.transType);
  const own = rows.find(({ index }) => index === callerBranch);
  const participants = rows.filter(({ index }) => index !== callerBranch);
  return {
    branches: participants.map((row, index) => branchOf(stored.definition, row, index + 1)),
    transaction: transactionOf(stored, own),
  };
}

/** A list reads no branches, so it does not show the caller's own one. */
export function listedTransactionOf(summary: TransactionSummary): ListedTransaction {
  return transactionOf(summary, undefined);
}

function transactionOf(summary: TransactionSummary, own: BranchRow | undefined): ListedTransaction {
  const { id, definition, progress, waitsFor } = summary;
  const { finishedAt, forcedBy, nextRunAt, parkedAt, rolledBackBy, status } = progress;
  return {
    id,
    create_time: timeOf(definition.createdAt),
    update_time: timeOf(progress.updatedAt),
    gid: definition.gid,
    trans_type: definition.transType,
    status,
    ...(own === undefined ? {} : queryPreparedMember(own)),
    protocol: definition.protocol,
    ...(status === "succeed" && finishedAt !== null ? { finish_time: timeOf(finishedAt) } : {}),
    ...(status === "failed" && finishedAt !== null ? { rollback_time: timeOf(finishedAt) } : {}),
    ...(definition.result === undefined ? {} : { result: definition.result }),
    ...(progress.reason === "" ? {} : { rollback_reason: shownReason(progress.reason) }),
    options: optionsTextOf(definition),
    ...(definition.customData === "" ? {} : { custom_data: definition.customData }),
    ...(nextRunAt === null ? {} : nextRunMembers(progress, nextRunAt)),
    ...(finishedAt === null ? {} : lastRunMembers(definition, finishedAt)),
    // dtm's SQL stores always say false here: a saga's own flag is in custom_data and in options.
    concurrent: false,
    ...(parkedAt === null ? {} : { parked_at: timeOf(parkedAt), parked_reason: progress.parkedReason }),
    ...(waitsFor === undefined ? {} : { waits_for: waitsForOf(waitsFor) }),
    ...(own?.progress === undefined ? {} : { caller_branch: callerBranchOf(own, own.progress) }),
    ...(forcedBy === null ? {} : { forced_by: interventionOf(forcedBy) }),
    ...(rolledBackBy === null ? {} : { rolled_back_by: interventionOf(rolledBackBy) }),
  };
}

/** Where the caller's own branch is called, in dtm's member; absent where the caller gave no URL. */
function queryPreparedMember({ branch, op }: BranchRow): Record<string, unknown> {
  const url = shownUrl(urlOf(branch, op));
  return url === "" ? {} : { query_prepared: url };
}

/** What came of the calls of the caller's own branch, in the members that a participant's row has. */
function callerBranchOf({ branch, op }: BranchRow, progress: OpProgress): Record<string, unknown> {
  const { status, finishedAt } = progress;
  return {
    branch_id: branch.id,
    op,
    status,
    ...(finishedAt === null ? {} : { finish_time: timeOf(finishedAt) }),
    ...attemptMembers(progress),
  };
}

function waitsForOf({ branchId, op, destination, nextAt, ...wait }: WaitsFor): Record<string, unknown> {
  return {
    branch_id: branchId,
    op,
    destination,
    attempt_count: wait.attemptCount,
    last_outcome: wait.outcome,
    ...(wait.detail === "" ? {} : { last_detail: wait.detail }),
    ...(nextAt === null ? {} : { next_time: timeOf(nextAt) }),
  };
}

function nextRunMembers(
  { updatedAt }: TransactionSummary["progress"],
  nextRunAt: EpochMs,
): Record<string, unknown> {
  const intervalS = Math.max(0, Math.round((nextRunAt - updatedAt) / 1_000));
  return {
    ...(intervalS === 0 ? {} : { next_cron_interval: intervalS }),
    next_cron_time: timeOf(nextRunAt),
  };
}

/**
 * dtm leaves these members of a finished transaction as they were, and clients of other languages read them. Nothing
 * runs then; the time is one interval after the end.
 */
function lastRunMembers({ options }: Definition, finishedAt: EpochMs): Record<string, unknown> {
  const intervalS = Math.max(1, Math.round(options.retryIntervalMs / 1_000));
  return {
    next_cron_interval: intervalS,
    next_cron_time: timeOf((finishedAt + intervalS * 1_000) as EpochMs),
  };
}

/** The options as dtm's JSON text, in its member order. */
function optionsTextOf({ concurrent, options }: Definition): string {
  const headers = Object.entries(options.branchHeaders);
  return JSON.stringify({
    wait_result: options.waitResult || undefined,
    timeout_to_fail: secondsOf(options.timeoutToFailMs),
    request_timeout: secondsOf(options.requestTimeoutMs),
    retry_interval: secondsOf(options.retryIntervalMs),
    branch_headers: headers.length === 0 ? undefined : Object.fromEntries(headers.map(withoutSecret)),
    concurrent,
    retry_limit: options.retryLimit || undefined,
  });
}

function secondsOf(ms: number): number | undefined {
  return ms === 0 ? undefined : ms / 1_000;
}

/** Headers that prove to services who calls. Somebody who may see a transaction must not get to use them. */
const SECRET_NAME = /auth|cookie|credential|key|password|secret|session|signature|token/i;

function withoutSecret([name, value]: [string, string]): [string, string] {
  return [name, SECRET_NAME.test(name) ? "***" : value];
}

/** One row for each op of each branch, in the order in which the branch has its ops (protocol 5.2). */
function rowsOf({ branches, progress }: StoredTransaction): readonly BranchRow[] {
  return branches.flatMap((branch, index) =>
    Object.keys(branch.urls).map(
      (op): BranchRow => ({ index, branch, op, progress: touchedOpOf(progress, { branch: index, op }) }),
    ),
  );
}

interface BranchRow {
  /** The index of the branch. */
  readonly index: number;
  readonly branch: Branch;
  readonly op: Op;
  /** Undefined as long as nothing has happened to the op. */
  readonly progress: OpProgress | undefined;
}

/** `number` counts the rows of the transaction from 1; it stands in for dtm's row id. */
function branchOf(definition: Definition, { branch, op, progress }: BranchRow, number: number): BranchView {
  const { id: branchId, payload } = branch;
  const url = shownUrl(urlOf(branch, op));
  const createdAt = timeOf(definition.createdAt);
  const lastAttempt = progress?.attempts.at(-1);
  const finishedAt = progress?.finishedAt ?? null;
  return {
    id: number,
    create_time: createdAt,
    update_time:
      finishedAt !== null ? timeOf(finishedAt) : lastAttempt === undefined ? createdAt : endOf(lastAttempt),
    gid: definition.gid,
    ...(url === "" ? {} : { url }),
    ...(payload.length === 0 ? {} : { bin_data: base64Of(payload), ...textMemberOf(payload) }),
    branch_id: branchId,
    op,
    status: progress?.status ?? "prepared",
    ...(finishedAt === null ? {} : { finish_time: timeOf(finishedAt) }),
    ...attemptMembers(progress),
  };
}

function attemptMembers(
  progress: OpProgress | undefined,
): Pick<BranchView, "attempt_count" | "attempts"> & Record<string, unknown> {
  return {
    attempt_count: progress?.attemptCount ?? 0,
    attempts: (progress?.attempts ?? []).map(attemptOf),
    ...(progress?.takenBy === undefined ? {} : { taken_by: interventionOf(progress.takenBy) }),
  };
}

function interventionOf({ actor, reason, at }: Intervention): Record<string, unknown> {
  return { actor, reason, at: timeOf(at) };
}

function attemptOf({ at, durationMs, outcome, detail }: Attempt): Record<string, unknown> {
  return { at: timeOf(at), duration_ms: durationMs, outcome, ...(detail === "" ? {} : { detail }) };
}

function endOf({ at, durationMs }: Attempt): string {
  return new Date(at + durationMs).toISOString();
}

/** RFC 3339 in UTC with milliseconds. */
function timeOf(at: EpochMs): string {
  return new Date(at).toISOString();
}

/** The payload as text, where it is one: UTF-8 without control characters other than line ends and tabs. */
function textMemberOf(payload: Uint8Array): { readonly text?: string } {
  if (!isUtf8(payload)) return {};
  const text = bufferOf(payload).toString("utf8");
  return CONTROL.test(text) ? {} : { text };
}

/** Every control character (Cc) that is neither a tab nor a line end. */
const CONTROL = /(?![\t\n\r])\p{Cc}/u;

function base64Of(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("base64");
}
