/**
 * The check at the door: what a caller asked for becomes a `Definition`, or a sentence that says why not.
 * Whatever passes here can be stored and driven; whatever cannot must not pass (I10).
 */
import {
  GID_CHARACTERS_MAX,
  LockstepError,
  parseSagaCustomData,
  quotedText,
  type RequestOptions,
  TRANS_TYPES,
  type TransactionRequest,
} from "@lockstep/protocol";
import type { Definition, EpochMs, Gid, Step, TransactionOptions } from "../../transaction/model.ts";
import { checkOrders } from "../../transaction/saga/order.ts";
import {
  BRANCH_HEAD_BYTES_MAX,
  CUSTOM_DATA_CHARACTERS_MAX,
  REQUEST_TIMEOUT_S_MAX,
  RETRY_INTERVAL_S_MAX,
  RETRY_LIMIT_MAX,
  STEPS_MAX,
  TIMEOUT_TO_FAIL_S_MAX,
  URL_BYTES_MAX,
} from "../limits.ts";
import { type PlannedCall, sentHeaderBytes, sentUrlBytes } from "./branch-call-size.ts";
import { checkBranchHeaders } from "./branch-headers.ts";
import { checkBranchUrl } from "./branch-url-check.ts";

/**
 * What `request` asks for, ready to be stored. `now` becomes its `createdAt`.
 * @throws LockstepError `invalid_argument`, or `unsupported` for a mode that this version does not drive
 */
export function admitTransaction(request: TransactionRequest, now: EpochMs): Definition {
  const gid = parseGid(request.gid);
  checkTransType(request.transType, gid);
  if (request.customData.length > CUSTOM_DATA_CHARACTERS_MAX) {
    refuse(gid, `custom_data is longer than ${CUSTOM_DATA_CHARACTERS_MAX} characters; send data as payload.`);
  }
  const headerProblem = checkBranchHeaders(request.options.branchHeaders, request.protocol);
  if (headerProblem !== undefined) refuse(gid, headerProblem);
  const steps = stepsOf(request, gid);
  const { concurrent, orders } = parseSagaCustomData(request.customData);
  const disorder = checkOrders({ stepCount: steps.length, concurrent, orders });
  if (disorder !== undefined) refuse(gid, `custom_data: ${disorder}.`);
  return {
    gid,
    transType: "saga",
    protocol: request.protocol,
    steps,
    concurrent,
    orders,
    options: optionsOf(request.options, gid),
    customData: request.customData,
    createdAt: now,
  };
}

/** The only way in which a caller's text becomes a `Gid`. @throws LockstepError `invalid_argument` */
export function parseGid(text: string): Gid {
  if (text === "") {
    throw new LockstepError(
      "invalid_argument",
      "gid is empty; ask the coordinator for one (newGid) or make one.",
    );
  }
  if (text.length > GID_CHARACTERS_MAX) {
    throw new LockstepError(
      "invalid_argument",
      `gid has ${text.length} characters, but may have ${GID_CHARACTERS_MAX}; a UUID has 36.`,
    );
  }
  // Half a surrogate pair has no UTF-8 form: a store would give back another gid than it was given.
  if (!text.isWellFormed()) {
    throw new LockstepError("invalid_argument", "gid is not valid Unicode; use letters, digits and hyphens.");
  }
  return text as Gid;
}

/** The modes of a global transaction that this version drives. */
const SUPPORTED_TRANS_TYPES: readonly string[] = ["saga"];

function checkTransType(transType: string, gid: Gid): void {
  if (SUPPORTED_TRANS_TYPES.includes(transType)) return;
  const supported = SUPPORTED_TRANS_TYPES.join(", ");
  if ((TRANS_TYPES as readonly string[]).includes(transType)) {
    throw new LockstepError(
      "unsupported",
      `trans_type '${transType}' is not driven by this version; it drives: ${supported}.`,
      { gid },
    );
  }
  refuse(gid, `trans_type ${quotedText(transType)} is unknown; this version drives: ${supported}.`);
}

function stepsOf(request: TransactionRequest, gid: Gid): readonly Step[] {
  const { steps, payloads, protocol } = request;
  const headerBytes = sentHeaderBytes(request.options.branchHeaders);
  if (steps.length > STEPS_MAX) {
    refuse(gid, `${steps.length} steps are more than the ${STEPS_MAX} of one transaction; split it.`);
  }
  return steps.map(({ action, compensate }, index) => {
    const payload = payloads[index];
    if (payload === undefined) {
      return refuse(
        gid,
        `there are ${steps.length} steps but ${payloads.length} payloads; every step needs one, be it empty.`,
      );
    }
    checkUrl(action, { gid, step: index, op: "action", protocol, headerBytes });
    checkUrl(compensate, { gid, step: index, op: "compensate", protocol, headerBytes });
    return { action, compensate, payload };
  });
}

interface UrlPlace extends PlannedCall {
  readonly protocol: TransactionRequest["protocol"];
  /** What `branch_headers` add to a call. */
  readonly headerBytes: number;
}

function checkUrl(url: string, { protocol, headerBytes, ...call }: UrlPlace): void {
  // An empty URL is an op without a call, which succeeds.
  if (url === "") return;
  const { gid, step, op } = call;
  const member = `steps[${step}].${op}`;
  // No byte stands for more than one character: what is too long already is not looked at any further.
  const problem = url.length > URL_BYTES_MAX ? undefined : checkBranchUrl(url, protocol);
  if (problem !== undefined) refuse(gid, `${member}: ${problem}`);
  const bytes = url.length > URL_BYTES_MAX ? url.length : sentUrlBytes(url, call);
  if (bytes > URL_BYTES_MAX) {
    refuse(
      gid,
      `${member} is sent as ${bytes} bytes or more, percent-encoded and with its parameters, and may have ` +
        `${URL_BYTES_MAX}; send data as payload.`,
    );
  }
  if (bytes + headerBytes > BRANCH_HEAD_BYTES_MAX) {
    refuse(
      gid,
      `${member} and branch_headers are sent as ${bytes + headerBytes} bytes together, and may have ` +
        `${BRANCH_HEAD_BYTES_MAX}; send data as payload.`,
    );
  }
}

function optionsOf(options: RequestOptions, gid: Gid): TransactionOptions {
  const within = (name: string, value: number, max: number): number => {
    if (Number.isSafeInteger(value) && value >= 0 && value <= max) return value;
    return refuse(gid, `${name} is ${value}; it must be a whole number from 0 (not set) to ${max}.`);
  };
  return {
    timeoutToFailMs: within("timeout_to_fail", options.timeoutToFailS, TIMEOUT_TO_FAIL_S_MAX) * 1_000,
    requestTimeoutMs: within("request_timeout", options.requestTimeoutS, REQUEST_TIMEOUT_S_MAX) * 1_000,
    retryIntervalMs: within("retry_interval", options.retryIntervalS, RETRY_INTERVAL_S_MAX) * 1_000,
    retryLimit: within("retry_limit", options.retryLimit, RETRY_LIMIT_MAX),
    branchHeaders: options.branchHeaders,
    waitResult: options.waitResult,
  };
}

function refuse(gid: Gid, message: string): never {
  throw new LockstepError("invalid_argument", message, { gid });
}
