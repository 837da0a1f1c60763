/**
 * How a transaction is stored, one form for all stores: a definition as bytes, a progress as JSON text.
 *
 * A definition is a frame, so that payloads stay the bytes they are:
 *
 *     byte 0       form of the record, `DEFINITION_FORM`
 *     bytes 1..4   length of the header, unsigned, big endian
 *     header       JSON: the definition, with `bytes` (a length) in place of each step's payload
 *     the rest     the payloads, one after the other
 *
 * A progress is rewritten with every change, so its names are short, and what has its first value is left out:
 *
 *     v   form of the record, `PROGRESS_FORM`     fa  finishedAt        w   reason
 *     s   status                                  na  nextRunAt         n   retryCount
 *     u   updatedAt                               pa  parkedAt          fb  forcedBy: [actor, reason, at]
 *     sa  submittedAt                             pw  parkedReason      b   steps: [action, compensate] each
 *
 * and in an op, which is 0 as long as nothing has happened to it:
 *
 *     s   status (default "prepared")   n   attemptCount      ra  retryAt
 *     i   1: inFlight                   k   unknownCount      fa  finishedAt
 *     m   1: mayHaveRun                 a   attempts: [at, durationMs, outcome, detail] each
 *
 * A later form gets the next number, and the decoder goes on reading the ones before it.
 */

import { Buffer } from "node:buffer";
import { bufferOf } from "@lockstep/protocol";
import type {
  Attempt,
  BranchOutcome,
  BranchProtocol,
  Definition,
  EpochMs,
  Gid,
  OpProgress,
  Progress,
  Status,
  StepProgress,
  TransType,
} from "../transaction/model.ts";
import {
  arrayOf,
  CorruptRecord,
  type Fields,
  fieldsOf,
  numberOf,
  parseFields,
  textOf,
  wordOf,
} from "./record-fields.ts";

const DEFINITION_FORM = 1;
const PROGRESS_FORM = 1;
/** The form and the header's length. */
const PREAMBLE_BYTES = 5;

const STATUSES: readonly Status[] = ["prepared", "submitted", "aborting", "succeed", "failed"];
const TRANS_TYPES: readonly TransType[] = ["saga"];
const PROTOCOLS: readonly BranchProtocol[] = ["http", "grpc", "json-rpc"];
const OP_STATUSES: readonly OpProgress["status"][] = ["prepared", "succeed", "failed"];
const OUTCOMES: readonly BranchOutcome["kind"][] = ["success", "failure", "ongoing", "unknown"];

/** The definition's stored bytes. */
export function encodeDefinition(definition: Definition): Uint8Array {
  const { options, steps } = definition;
  const header = JSON.stringify({
    gid: definition.gid,
    transType: definition.transType,
    protocol: definition.protocol,
    steps: steps.map(({ action, compensate, payload }) => ({ action, compensate, bytes: payload.length })),
    concurrent: definition.concurrent || undefined,
    orders: isEmpty(definition.orders) ? undefined : definition.orders,
    timeoutToFailMs: options.timeoutToFailMs || undefined,
    requestTimeoutMs: options.requestTimeoutMs || undefined,
    retryIntervalMs: options.retryIntervalMs || undefined,
    retryLimit: options.retryLimit || undefined,
    branchHeaders: isEmpty(options.branchHeaders) ? undefined : options.branchHeaders,
    waitResult: options.waitResult || undefined,
    customData: definition.customData || undefined,
    createdAt: definition.createdAt,
  });
  const headerBytes = Buffer.byteLength(header);
  let frameBytes = PREAMBLE_BYTES + headerBytes;
  for (const { payload } of steps) frameBytes += payload.length;

  const frame = Buffer.allocUnsafe(frameBytes);
  frame.writeUInt8(DEFINITION_FORM, 0);
  frame.writeUInt32BE(headerBytes, 1);
  frame.write(header, PREAMBLE_BYTES);
  let at = PREAMBLE_BYTES + headerBytes;
  for (const { payload } of steps) {
    frame.set(payload, at);
    at += payload.length;
  }
  return frame;
}

/** The definition in `bytes`; its payloads are views of them. @throws CorruptRecord */
export function decodeDefinition(bytes: Uint8Array): Definition {
  const frame = bufferOf(bytes);
  if (frame.length < PREAMBLE_BYTES) throw new CorruptRecord("The stored definition is cut short.");
  checkForm(frame.readUInt8(0), DEFINITION_FORM, "definition");
  const payloadsAt = PREAMBLE_BYTES + frame.readUInt32BE(1);
  if (frame.length < payloadsAt) throw new CorruptRecord("The stored definition is cut short.");
  const header = parseFields(frame.toString("utf8", PREAMBLE_BYTES, payloadsAt), "definition");

  let at = payloadsAt;
  const steps = arrayOf(header["steps"], "definition's steps").map((each) => {
    const step = fieldsOf(each, "step");
    const from = at;
    at += numberOf(step["bytes"], "payload's length");
    if (at < from || at > frame.length) throw new CorruptRecord("The stored definition is cut short.");
    return {
      action: textOf(step["action"], "step's action"),
      compensate: textOf(step["compensate"], "step's compensate"),
      // Not `subarray`: of a Buffer it would be another Buffer.
      payload: new Uint8Array(bytes.buffer, bytes.byteOffset + from, at - from),
    };
  });
  if (at !== frame.length) {
    throw new CorruptRecord(`The stored definition has ${frame.length} bytes where its header says ${at}.`);
  }
  return {
    gid: textOf(header["gid"], "gid") as Gid,
    transType: wordOf(header["transType"], TRANS_TYPES, "transType"),
    protocol: wordOf(header["protocol"], PROTOCOLS, "protocol"),
    steps,
    concurrent: header["concurrent"] === true,
    orders: ordersOf(header["orders"] ?? {}, steps.length),
    options: {
      timeoutToFailMs: numberOf(header["timeoutToFailMs"] ?? 0, "timeoutToFailMs"),
      requestTimeoutMs: numberOf(header["requestTimeoutMs"] ?? 0, "requestTimeoutMs"),
      retryIntervalMs: numberOf(header["retryIntervalMs"] ?? 0, "retryIntervalMs"),
      retryLimit: numberOf(header["retryLimit"] ?? 0, "retryLimit"),
      branchHeaders: headersOf(header["branchHeaders"] ?? {}),
      waitResult: header["waitResult"] === true,
    },
    customData: textOf(header["customData"] ?? "", "customData"),
    createdAt: numberOf(header["createdAt"], "createdAt") as EpochMs,
  };
}

/** `value` as steps, each with those it follows. @throws CorruptRecord */
function ordersOf(value: unknown, stepCount: number): Definition["orders"] {
  const isStep = (index: unknown): boolean =>
    Number.isInteger(index) && Number(index) >= 0 && Number(index) < stepCount;
  const orders = fieldsOf(value, "orders");
  for (const [step, earlier] of Object.entries(orders)) {
    if (!isStep(Number(step)) || !arrayOf(earlier, "order of a step").every(isStep))
      throw new CorruptRecord(`The stored orders name a step that is not among the ${stepCount}.`);
  }
  return orders as Definition["orders"];
}

/** `value` as header names and their values. @throws CorruptRecord */
function headersOf(value: unknown): Readonly<Record<string, string>> {
  const headers = fieldsOf(value, "branchHeaders");
  for (const header of Object.values(headers)) textOf(header, "branch header");
  return headers as Readonly<Record<string, string>>;
}

/** The progress's stored text. */
export function encodeProgress(progress: Progress): string {
  const { forcedBy } = progress;
  return JSON.stringify({
    v: PROGRESS_FORM,
    s: progress.status,
    u: progress.updatedAt,
    sa: progress.submittedAt ?? undefined,
    fa: progress.finishedAt ?? undefined,
    na: progress.nextRunAt ?? undefined,
    pa: progress.parkedAt ?? undefined,
    pw: progress.parkedReason || undefined,
    w: progress.reason || undefined,
    n: progress.retryCount || undefined,
    fb: forcedBy === null ? undefined : [forcedBy.actor, forcedBy.reason, forcedBy.at],
    b: progress.steps.map((step) => [opRecordOf(step.action), opRecordOf(step.compensate)]),
  });
}

/** The progress in `text`. @throws CorruptRecord */
export function decodeProgress(text: string): Progress {
  const fields = parseFields(text, "progress");
  checkForm(fields["v"], PROGRESS_FORM, "progress");
  return {
    status: wordOf(fields["s"], STATUSES, "status"),
    steps: arrayOf(fields["b"], "progress's steps").map(stepProgressOf),
    submittedAt: instantOf(fields, "sa"),
    updatedAt: numberOf(fields["u"], "updatedAt") as EpochMs,
    finishedAt: instantOf(fields, "fa"),
    nextRunAt: instantOf(fields, "na"),
    parkedAt: instantOf(fields, "pa"),
    parkedReason: textOf(fields["pw"] ?? "", "parkedReason"),
    reason: textOf(fields["w"] ?? "", "reason"),
    retryCount: numberOf(fields["n"] ?? 0, "retryCount"),
    forcedBy: fields["fb"] === undefined ? null : forcedByOf(arrayOf(fields["fb"], "forcedBy")),
  };
}

function opRecordOf(op: OpProgress): object | 0 {
  const untouched =
    op.status === "prepared" &&
    op.attemptCount === 0 &&
    !op.mayHaveRun &&
    !op.inFlight &&
    op.unknownCount === 0 &&
    op.attempts.length === 0 &&
    op.retryAt === null &&
    op.finishedAt === null;
  if (untouched) return 0;
  return {
    s: op.status === "prepared" ? undefined : op.status,
    i: op.inFlight ? 1 : undefined,
    m: op.mayHaveRun ? 1 : undefined,
    n: op.attemptCount || undefined,
    k: op.unknownCount || undefined,
    a: op.attempts.length === 0 ? undefined : op.attempts.map(attemptRecordOf),
    ra: op.retryAt ?? undefined,
    fa: op.finishedAt ?? undefined,
  };
}

function attemptRecordOf({ at, durationMs, outcome, detail }: Attempt): readonly unknown[] {
  return [at, durationMs, outcome, detail];
}

function stepProgressOf(record: unknown): StepProgress {
  const [action, compensate] = arrayOf(record, "step's progress");
  return { action: opProgressOf(action), compensate: opProgressOf(compensate) };
}

function opProgressOf(record: unknown): OpProgress {
  const fields = record === 0 ? {} : fieldsOf(record, "op's progress");
  return {
    status: wordOf(fields["s"] ?? "prepared", OP_STATUSES, "op's status"),
    inFlight: fields["i"] === 1,
    mayHaveRun: fields["m"] === 1,
    attemptCount: numberOf(fields["n"] ?? 0, "attemptCount"),
    unknownCount: numberOf(fields["k"] ?? 0, "unknownCount"),
    attempts: arrayOf(fields["a"] ?? [], "attempts").map(attemptOf),
    retryAt: instantOf(fields, "ra"),
    finishedAt: instantOf(fields, "fa"),
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

function forcedByOf([actor, reason, at]: readonly unknown[]): Progress["forcedBy"] {
  return {
    actor: textOf(actor, "forcedBy's actor"),
    reason: textOf(reason, "forcedBy's reason"),
    at: numberOf(at, "forcedBy's at") as EpochMs,
  };
}

function instantOf(fields: Fields, name: string): EpochMs | null {
  const value = fields[name];
  return value === undefined ? null : (numberOf(value, name) as EpochMs);
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
