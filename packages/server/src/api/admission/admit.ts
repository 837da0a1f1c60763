/**
 * The check at the door: turns a request into a definition and branches, or refuses the request with a sentence that
 * says why. `request-readers.ts` has the part that depends on the mode.
 */
import {
  type BranchRegistration,
  GID_CHARACTERS_MAX,
  gidMetadataProblem,
  gidProblem,
  isHttpUrl,
  LockstepError,
  quotedText,
  type RequestOptions,
  type TransactionRequest,
} from "@lockstep/protocol";
import type { Registration } from "../../transaction/decision.ts";
import { invariant } from "../../transaction/invariant.ts";
import type { Asked, Branch, Definition, EpochMs, Gid, TransactionOptions } from "../../transaction/model.ts";
import { TRANS_TYPES } from "../../transaction/modes.ts";
import {
  BRANCH_HEAD_BYTES_MAX,
  BRANCH_HEADERS_BYTES_MAX,
  BRANCH_ID_CHARACTERS_MAX,
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
import { checkBranchPayload, checkBranchUrl } from "./branch-url-check.ts";
import type { ModeContent } from "./request-reader.ts";
import { readerOf } from "./request-readers.ts";

/** What is not in a request. */
export interface AdmissionTerms {
  /** Becomes the `createdAt` of the transaction. */
  readonly now: EpochMs;
  /** How long a transaction may stay prepared that sets no `timeout_to_fail`. */
  readonly timeLimitMs: number;
}

/**
 * The transaction that `request` asks for, ready to be stored.
 * @throws LockstepError `invalid_argument`
 */
export function admitTransaction(request: TransactionRequest, { now, timeLimitMs }: AdmissionTerms): Asked {
  const gid = newGidOf(request.gid);
  checkTransType(request.transType, gid);
  if (request.customData.length > CUSTOM_DATA_CHARACTERS_MAX) {
    refuse(gid, `custom_data is longer than ${CUSTOM_DATA_CHARACTERS_MAX} characters; send data as payload.`);
  }
  const { protocol, customData } = request;
  const headerProblem = checkBranchHeaders(request.options.branchHeaders, protocol);
  if (headerProblem !== undefined) refuse(gid, headerProblem);
  if (request.steps.length > STEPS_MAX) {
    refuse(gid, `${request.steps.length} steps are more than the ${STEPS_MAX} of one transaction; split it.`);
  }
  const { branches, placeOf, concurrent, settings, result } = readerOf(request.transType).transaction(
    request,
    {
      timeLimitMs: request.options.timeoutToFailS > 0 ? request.options.timeoutToFailS * 1_000 : timeLimitMs,
      refuse: (problem) => refuse(gid, problem),
    },
  );
  checkBranches(branches, {
    gid,
    protocol,
    headers: request.options.branchHeaders,
    transType: request.transType,
    placeOf,
  });
  return {
    definition: {
      gid,
      transType: request.transType,
      protocol,
      concurrent,
      settings,
      options: optionsOf(request.options, gid),
      customData,
      ...(result === undefined ? {} : { result }),
      createdAt: now,
    },
    branches,
  };
}

/**
 * The branch that `registration` asks for, in a transaction whose definition is stored.
 * @throws LockstepError `invalid_argument`
 */
export function admitBranch(registration: BranchRegistration, stored: Definition): Registration {
  const { gid, protocol, options } = stored;
  const { transType, branchId } = registration;
  checkTransType(transType, gid);
  const read = readerOf(transType).branch;
  // The word is dtm's.
  if (read === undefined)
    return refuse(gid, `unknow trans type: ${transType}; its branches are in its submit.`);
  if (!BRANCH_ID.test(branchId) || branchId.length > BRANCH_ID_CHARACTERS_MAX) {
    refuse(
      gid,
      `branch_id is ${quotedText(branchId)}; it must have 1 to ${BRANCH_ID_CHARACTERS_MAX} visible ASCII characters.`,
    );
  }
  const { urls, payload, status } = read(registration, (problem) => refuse(gid, problem));
  const branches = [{ id: branchId, urls, payload }];
  checkBranches(branches, {
    gid,
    protocol,
    headers: options.branchHeaders,
    transType,
    placeOf: (_, op) => op,
  });
  return { transType, branches, ...(status === undefined ? {} : { statuses: [status] }) };
}

/** Visible ASCII. */
const BRANCH_ID = /^[\x21-\x7e]+$/;

/** The gid of a transaction that is to be stored. @throws LockstepError `invalid_argument` */
function newGidOf(text: string): Gid {
  const problem = gidProblem(text);
  if (problem !== undefined) throw new LockstepError("invalid_argument", problem);
  return text as Gid;
}

/**
 * The gid of a transaction that may be stored already. Older versions stored gids that no request may have any more, and
 * a person must be able to look at such a transaction and to end it; so only texts that no store can have are refused.
 * @throws LockstepError `invalid_argument`
 */
export function parseGid(text: string): Gid {
  if (text !== "" && text.length <= GID_CHARACTERS_MAX && text.isWellFormed()) return text as Gid;
  return newGidOf(text);
}

function checkTransType(transType: string, gid: Gid): void {
  if (TRANS_TYPES.includes(transType)) return;
  refuse(gid, `trans_type ${quotedText(transType)} is unknown; it must be one of ${TRANS_TYPES.join(", ")}.`);
}

interface Calls {
  readonly gid: Gid;
  readonly protocol: TransactionRequest["protocol"];
  readonly transType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly placeOf: ModeContent["placeOf"];
}

function checkBranches(branches: readonly Branch[], { headers, placeOf, ...calls }: Calls): void {
  const headerBytes = sentHeaderBytes(headers);
  const metadataProblem = calls.protocol === "http" ? undefined : gidMetadataProblem(calls.gid);
  for (const [index, { id: branchId, urls, payload }] of branches.entries()) {
    // In reverse, because the last op of a branch is called first; its problem is the first to report.
    for (const op of Object.keys(urls).reverse()) {
      const url = urls[op] ?? "";
      if (metadataProblem !== undefined && url !== "" && !isHttpUrl(url)) refuse(calls.gid, metadataProblem);
      const problem = problemOfUrl(url, { ...calls, branchId, op }, headerBytes);
      if (problem !== undefined) refuse(calls.gid, `${placeOf(index, op)}${problem}`);
      const payloadProblem = checkBranchPayload(payload, { url, protocol: calls.protocol });
      if (payloadProblem !== undefined) refuse(calls.gid, `${placeOf(index, op)}: ${payloadProblem}`);
    }
  }
}

/**
 * A URL with up to this many characters always fits, and is not measured: measuring costs as much as all other checks
 * of a URL. A character of the URL or the gid is sent as nine bytes at most, and the names of the parameters take less
 * than 100.
 */
const SHORT_URL_CHARACTERS_MAX = 500;
const SHORT_URL_BYTES_MAX = 9 * (SHORT_URL_CHARACTERS_MAX + GID_CHARACTERS_MAX) + 100;
invariant(SHORT_URL_BYTES_MAX <= URL_BYTES_MAX, "a short URL fits");
invariant(SHORT_URL_BYTES_MAX + BRANCH_HEADERS_BYTES_MAX <= BRANCH_HEAD_BYTES_MAX, "with any headers, too");

/** Why this URL cannot be called: the end of a sentence that begins with the URL's place in the request. */
function problemOfUrl(
  url: string,
  call: PlannedCall & Pick<Calls, "protocol">,
  headerBytes: number,
): string | undefined {
  // An op with an empty URL succeeds without a call.
  if (url === "") return undefined;
  // A character takes at least one byte: a URL with more characters than bytes allowed needs no further check.
  const problem = url.length > URL_BYTES_MAX ? undefined : checkBranchUrl(url, call.protocol);
  if (problem !== undefined) return `: ${problem}`;
  if (url.length <= SHORT_URL_CHARACTERS_MAX) return undefined;
  const bytes = url.length > URL_BYTES_MAX ? url.length : sentUrlBytes(url, call);
  if (bytes > URL_BYTES_MAX) {
    return (
      ` is sent as ${bytes} bytes or more, percent-encoded and with its parameters, and may have ` +
      `${URL_BYTES_MAX}; send data as payload.`
    );
  }
  if (bytes + headerBytes <= BRANCH_HEAD_BYTES_MAX) return undefined;
  return (
    ` and branch_headers are sent as ${bytes + headerBytes} bytes together, and may have ` +
    `${BRANCH_HEAD_BYTES_MAX}; send data as payload.`
  );
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
