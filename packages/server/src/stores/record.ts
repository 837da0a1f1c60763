/**
 * How every store encodes a transaction, in three parts: a definition, which changes only when a prepared transaction
 * is submitted; branches, which are only appended to; and a progress, which every write replaces.
 *
 * A definition is one byte, the form of the record (`DEFINITION_FORM`), and JSON behind it. Branches are a frame, so
 * that payloads are stored as plain bytes:
 *
 *     byte 0       form of the record, `BRANCHES_FORM`
 *     bytes 1..4   length of the header, unsigned, big endian
 *     header       JSON: [id, URLs by op, length of the payload] for each branch
 *     the rest     the payloads, one after the other
 *
 * A progress is two texts: the part that lists show, and the ops of the branches. Every write rewrites both, so the
 * names of their members are short, and members with their default are left out. The part that lists show:
 *
 *     v   form of the record, `PROGRESS_FORM`     fa  finishedAt        w   reason
 *     s   status                                  na  nextRunAt         n   retryCount
 *     u   updatedAt                               pa  parkedAt          fb  forcedBy: [actor, reason, at]
 *     sa  submittedAt                             pw  parkedReason      rb  rolledBackBy, as fb
 *     r   refusedBy: [branchId, op, failureJson]
 *
 * The ops are one object for each branch, with the names of the ops as keys. Each op has:
 *
 *     s   status (default "prepared")   n   attemptCount      ra  retryAt
 *     i   1: inFlight                   k   unknownCount      fa  finishedAt
 *     m   1: mayHaveRun                 a   attempts: [at, durationMs, outcome, detail] each
 *     by  takenBy: [actor, reason, at]
 *
 * A new form gets the next number, and the decoder must still read all earlier forms. `record-form-1.ts` reads form 1,
 * that of version 0.1.0.
 */

import { Buffer } from "node:buffer";
import { bufferOf } from "@lockstep/protocol";
import type { WaitsFor } from "../engine/ports.ts";
import {
  type Attempt,
  type Branch,
  type BranchProgress,
  type Definition,
  type EpochMs,
  type Gid,
  type Intervention,
  OP_STATUSES,
  type Op,
  type OpProgress,
  OUTCOMES,
  PROTOCOLS,
  type Progress,
  type RefusedBy,
  STATUSES,
  type TransactionOptions,
} from "../transaction/model.ts";
import { TRANS_TYPES } from "../transaction/modes.ts";
import { setOwnMember } from "../transaction/own-member.ts";
import {
  arrayOf,
  CorruptRecord,
  type Fields,
  fieldsOf,
  numberOf,
  parseArray,
  parseFields,
  textOf,
  wordOf,
} from "./record-fields.ts";

const DEFINITION_FORM = 2;
const BRANCHES_FORM = 1;
const PROGRESS_FORM = 2;
/** The form and the header's length. */
const PREAMBLE_BYTES = 5;

/** The definition's stored bytes. */
export function encodeDefinition(definition: Definition): Uint8Array {
  const { options } = definition;
  const text = JSON.stringify({
    gid: definition.gid,
    transType: definition.transType,
    protocol: definition.protocol,
    concurrent: definition.concurrent || undefined,
    settings: definition.settings,
    timeoutToFailMs: options.timeoutToFailMs || undefined,
    requestTimeoutMs: options.requestTimeoutMs || undefined,
    retryIntervalMs: options.retryIntervalMs || undefined,
    retryLimit: options.retryLimit || undefined,
    branchHeaders: isEmpty(options.branchHeaders) ? undefined : options.branchHeaders,
    waitResult: options.waitResult || undefined,
    customData: definition.customData || undefined,
    result: definition.result,
    createdAt: definition.createdAt,
  });
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  bytes.writeUInt8(DEFINITION_FORM, 0);
  bytes.write(text, 1);
  return bytes;
}

/** The form of a stored definition; undefined where there is not even one byte. */
export function formOf(bytes: Uint8Array): number | undefined {
  return bytes[0];
}

/** The definition in `bytes`. @throws CorruptRecord */
export function decodeDefinition(bytes: Uint8Array): Definition {
  checkForm(formOf(bytes), DEFINITION_FORM, "definition");
  const fields = parseFields(bufferOf(bytes).toString("utf8", 1), "definition");
  return definitionOf(fields, fieldsOf(fields["settings"], "settings"));
}

/** The members that every form of a definition has. @throws CorruptRecord */
export function definitionOf(fields: Fields, settings: Definition["settings"]): Definition {
  return {
    gid: textOf(fields["gid"], "gid") as Gid,
    transType: wordOf(fields["transType"], TRANS_TYPES, "transType"),
    protocol: wordOf(fields["protocol"], PROTOCOLS, "protocol"),
    concurrent: fields["concurrent"] === true,
    settings,
    options: optionsOf(fields),
    customData: textOf(fields["customData"] ?? "", "customData"),
    ...(fields["result"] === undefined ? {} : { result: textOf(fields["result"], "result") }),
    createdAt: numberOf(fields["createdAt"], "createdAt") as EpochMs,
  };
}

function optionsOf(fields: Fields): TransactionOptions {
  return {
    timeoutToFailMs: numberOf(fields["timeoutToFailMs"] ?? 0, "timeoutToFailMs"),
    requestTimeoutMs: numberOf(fields["requestTimeoutMs"] ?? 0, "requestTimeoutMs"),
    retryIntervalMs: numberOf(fields["retryIntervalMs"] ?? 0, "retryIntervalMs"),
    retryLimit: numberOf(fields["retryLimit"] ?? 0, "retryLimit"),
    branchHeaders: textsOf(fields["branchHeaders"] ?? {}, "branchHeaders"),
    waitResult: fields["waitResult"] === true,
  };
}

/** The stored bytes of branches that are written together. */
export function encodeBranches(branches: readonly Branch[]): Uint8Array {
  const header = JSON.stringify(branches.map(({ id, urls, payload }) => [id, urls, payload.length]));
  const headerBytes = Buffer.byteLength(header);
  let frameBytes = PREAMBLE_BYTES + headerBytes;
  for (const { payload } of branches) frameBytes += payload.length;

  const frame = Buffer.allocUnsafe(frameBytes);
  frame.writeUInt8(BRANCHES_FORM, 0);
  frame.writeUInt32BE(headerBytes, 1);
  frame.write(header, PREAMBLE_BYTES);
  let at = PREAMBLE_BYTES + headerBytes;
  for (const { payload } of branches) {
    frame.set(payload, at);
    at += payload.length;
  }
  return frame;
}

/** The branches in `bytes`; their payloads are views of `bytes`. @throws CorruptRecord */
export function decodeBranches(bytes: Uint8Array): readonly Branch[] {
  checkForm(formOf(bytes), BRANCHES_FORM, "branches");
  const { header, payloadsAt } = frameOf(bytes, "branches");
  const found = parseArray(header, "branches").map((each) => {
    const [id, urls, payloadBytes] = arrayOf(each, "branch");
    return {
      id: textOf(id, "branch's id"),
      urls: textsOf(urls, "branch's URLs"),
      payloadBytes: numberOf(payloadBytes, "payload's length"),
    };
  });
  const payloads = payloadsOf(bytes, payloadsAt, found);
  return found.map(({ id, urls }, index) => ({ id, urls, payload: payloads[index] ?? new Uint8Array() }));
}

/** The header of a frame, and where its payloads begin. @throws CorruptRecord */
export function frameOf(
  bytes: Uint8Array,
  what: string,
): { readonly header: string; readonly payloadsAt: number } {
  const frame = bufferOf(bytes);
  if (frame.length < PREAMBLE_BYTES) throw new CorruptRecord(`The stored ${what} is cut short.`);
  const payloadsAt = PREAMBLE_BYTES + frame.readUInt32BE(1);
  if (frame.length < payloadsAt) throw new CorruptRecord(`The stored ${what} is cut short.`);
  return { header: frame.toString("utf8", PREAMBLE_BYTES, payloadsAt), payloadsAt };
}

/**
 * The payloads of a frame, as views of its bytes. @throws CorruptRecord when their lengths are not those of the header
 */
export function payloadsOf(
  bytes: Uint8Array,
  payloadsAt: number,
  lengths: ReadonlyArray<{ readonly payloadBytes: number }>,
): readonly Uint8Array[] {
  let at = payloadsAt;
  const payloads = lengths.map(({ payloadBytes }) => {
    const from = at;
    at += payloadBytes;
    if (!(at >= from && at <= bytes.length)) throw new CorruptRecord("A stored payload is cut short.");
    // Not `subarray`: on a Buffer it returns a Buffer.
    return new Uint8Array(bytes.buffer, bytes.byteOffset + from, payloadBytes);
  });
  if (at === bytes.length) return payloads;
  throw new CorruptRecord(`Stored branches have ${bytes.length} bytes where their header says ${at}.`);
}

/** The part of a progress that lists show, as its stored text. */
export function encodeProgress(progress: Progress): string {
  const { forcedBy, rolledBackBy, refusedBy } = progress;
  return JSON.stringify({
    v: PROGRESS_FORM,
    s: progress.status,
    u: progress.updatedAt,
    qa: progress.preparedAt ?? undefined,
    sa: progress.submittedAt ?? undefined,
    fa: progress.finishedAt ?? undefined,
    na: progress.nextRunAt ?? undefined,
    pa: progress.parkedAt ?? undefined,
    pw: progress.parkedReason || undefined,
    w: progress.reason || undefined,
    r: refusedBy === undefined ? undefined : [refusedBy.branchId, refusedBy.op, refusedBy.failureJson ?? ""],
    n: progress.retryCount || undefined,
    fb: forcedBy === null ? undefined : interventionRecordOf(forcedBy),
    rb: rolledBackBy === null ? undefined : interventionRecordOf(rolledBackBy),
  });
}

/** The part of a progress that lists show, from this form or form 1 (whose ops are ignored). @throws CorruptRecord */
export function decodeProgress(text: string): Omit<Progress, "branches"> {
  const fields = parseFields(text, "progress");
  if (fields["v"] !== 1) checkForm(fields["v"], PROGRESS_FORM, "progress");
  return {
    status: wordOf(fields["s"], STATUSES, "status"),
    preparedAt: instantOf(fields, "qa"),
    submittedAt: instantOf(fields, "sa"),
    updatedAt: numberOf(fields["u"], "updatedAt") as EpochMs,
    finishedAt: instantOf(fields, "fa"),
    nextRunAt: instantOf(fields, "na"),
    parkedAt: instantOf(fields, "pa"),
    parkedReason: textOf(fields["pw"] ?? "", "parkedReason"),
    reason: textOf(fields["w"] ?? "", "reason"),
    ...(fields["r"] === undefined ? {} : { refusedBy: refusedByOf(arrayOf(fields["r"], "refusedBy")) }),
    retryCount: numberOf(fields["n"] ?? 0, "retryCount"),
    forcedBy: fields["fb"] === undefined ? null : interventionOf(fields["fb"], "forcedBy"),
    rolledBackBy: fields["rb"] === undefined ? null : interventionOf(fields["rb"], "rolledBackBy"),
  };
}

/** What a transaction waits for, as its stored text: a list, in the order of the members. */
export function encodeWaitsFor(waitsFor: WaitsFor): string {
  const { branchId, op, destination, attemptCount, outcome, detail, nextAt } = waitsFor;
  return JSON.stringify([branchId, op, destination, attemptCount, outcome, detail, nextAt]);
}

/** What a transaction waits for, from its stored text. @throws CorruptRecord */
export function decodeWaitsFor(text: string): WaitsFor {
  const [branchId, op, destination, attemptCount, outcome, detail, nextAt] = parseArray(text, "wait");
  return {
    branchId: textOf(branchId, "wait's branch"),
    op: textOf(op, "wait's op"),
    destination: textOf(destination, "wait's destination"),
    attemptCount: numberOf(attemptCount, "wait's attemptCount"),
    outcome: wordOf(outcome, OUTCOMES, "wait's outcome"),
    detail: textOf(detail, "wait's detail"),
    nextAt: nextAt === null ? null : (numberOf(nextAt, "wait's nextAt") as EpochMs),
  };
}

/** The ops of a progress, as their stored text. */
export function encodeOps(branches: readonly BranchProgress[]): string {
  return JSON.stringify(branches.map(opRecordsOf));
}

/** The ops in `text`. @throws CorruptRecord */
export function decodeOps(text: string): readonly BranchProgress[] {
  return parseArray(text, "ops").map((record): BranchProgress => {
    const ops: Record<Op, OpProgress> = {};
    for (const [name, op] of Object.entries(fieldsOf(record, "branch's ops")))
      setOwnMember(ops, name, opProgressOf(op));
    return ops;
  });
}

function opRecordsOf(ops: BranchProgress): object {
  const records: Record<Op, object> = {};
  for (const name in ops) {
    const op = ops[name];
    if (op !== undefined) setOwnMember(records, name, opRecordOf(op));
  }
  return records;
}

function opRecordOf(op: OpProgress): object {
  return {
    s: op.status === "prepared" ? undefined : op.status,
    i: op.inFlight ? 1 : undefined,
    m: op.mayHaveRun ? 1 : undefined,
    n: op.attemptCount || undefined,
    k: op.unknownCount || undefined,
    a: op.attempts.length === 0 ? undefined : op.attempts.map(attemptRecordOf),
    ra: op.retryAt ?? undefined,
    fa: op.finishedAt ?? undefined,
    by: op.takenBy === undefined ? undefined : interventionRecordOf(op.takenBy),
  };
}

function attemptRecordOf({ at, durationMs, outcome, detail }: Attempt): readonly unknown[] {
  return [at, durationMs, outcome, detail];
}

/** The op in `record`. @throws CorruptRecord */
export function opProgressOf(record: unknown): OpProgress {
  const fields = fieldsOf(record, "op's progress");
  return {
    status: wordOf(fields["s"] ?? "prepared", OP_STATUSES, "op's status"),
    inFlight: fields["i"] === 1,
    mayHaveRun: fields["m"] === 1,
    attemptCount: numberOf(fields["n"] ?? 0, "attemptCount"),
    unknownCount: numberOf(fields["k"] ?? 0, "unknownCount"),
    attempts: arrayOf(fields["a"] ?? [], "attempts").map(attemptOf),
    retryAt: instantOf(fields, "ra"),
    finishedAt: instantOf(fields, "fa"),
    ...(fields["by"] === undefined ? {} : { takenBy: interventionOf(fields["by"], "takenBy") }),
  };
}

function attemptOf(record: unknown): Attempt {
  const [at, durationMs, outcome, detail] = arrayOf(record, "attempt");
  return {
    at: numberOf(at, "attempt's at") as EpochMs,
    durationMs: numberOf(durationMs, "attempt's durationMs"),
    outcome: wordOf(outcome, OUTCOMES, "attempt's outcome"),
    detail: textOf(detail, "attempt's detail"),
  };
}

function refusedByOf([branchId, op, failureJson]: readonly unknown[]): RefusedBy {
  const told = textOf(failureJson, "refusedBy's failureJson");
  return {
    branchId: textOf(branchId, "refusedBy's branchId"),
    op: textOf(op, "refusedBy's op"),
    ...(told === "" ? {} : { failureJson: told }),
  };
}

function interventionRecordOf({ actor, reason, at }: Intervention): readonly unknown[] {
  return [actor, reason, at];
}

function interventionOf(record: unknown, what: string): Intervention {
  const [actor, reason, at] = arrayOf(record, what);
  return {
    actor: textOf(actor, `${what}'s actor`),
    reason: textOf(reason, `${what}'s reason`),
    at: numberOf(at, `${what}'s at`) as EpochMs,
  };
}

function instantOf(fields: Fields, name: string): EpochMs | null {
  const value = fields[name];
  return value === undefined ? null : (numberOf(value, name) as EpochMs);
}

/** `value` as an object whose members are texts. @throws CorruptRecord */
function textsOf(value: unknown, what: string): Readonly<Record<string, string>> {
  const texts = fieldsOf(value, what);
  for (const text of Object.values(texts)) textOf(text, what);
  return texts as Readonly<Record<string, string>>;
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}

function checkForm(found: unknown, known: number, what: string): void {
  if (found === known) return;
  throw new CorruptRecord(
    `The stored ${what} has form ${JSON.stringify(found)}; this version reads form ${known}. ` +
      "It is damaged, or a newer Lockstep wrote it.",
  );
}
