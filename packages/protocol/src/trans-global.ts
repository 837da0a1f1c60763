import {
  countOf,
  flagOf,
  isAbsent,
  type JsonObject,
  knownMembers,
  parseJsonObject,
  textOf,
  textsByName,
  wrongType,
} from "./json-member.ts";
import { payloadMembersOf, payloadsOf } from "./payload.ts";
import type { TransactionRequest } from "./request.ts";
import { stepsOf } from "./request-steps.ts";
import { strippedGid } from "./stripped-gid.ts";
import { BRANCH_PROTOCOLS } from "./words.ts";

/** What a request may set. dtm sets the other members of its record (`status`, `id`, `result`, …) itself. */
const MEMBERS = new Set([
  "gid",
  "trans_type",
  "protocol",
  "steps",
  "payloads",
  "bin_payloads",
  "query_prepared",
  "custom_data",
  "rollback_reason",
  "req_extra",
  "wait_result",
  "timeout_to_fail",
  "request_timeout",
  "retry_interval",
  "retry_limit",
  "branch_headers",
  "concurrent",
] as const);

/**
 * Reads the HTTP body of prepare, submit, abort and the like (dtm's TransGlobal, protocol 1.3). Like dtm it takes nulls
 * and unknown members, because clients send them; unlike dtm it takes no value of a wrong type.
 * @throws LockstepError `invalid_argument`
 */
export function parseTransGlobal(body: string): TransactionRequest {
  const request = transGlobalOfParams(parseJsonObject(body, "The body"));
  return { ...request, gid: strippedGid(request.gid) };
}

/**
 * Reads the same from the `params` of a JSON-RPC request, which are an object already. The gid stays as it is: dtm takes
 * characters out of it over HTTP alone.
 * @throws LockstepError `invalid_argument`
 */
export function transGlobalOfParams(params: JsonObject): TransactionRequest {
  const members = knownMembers(params, MEMBERS);
  const { steps, data } = stepsOf(members.steps, "steps");
  const payloads = payloadsOf(members);
  return {
    gid: textOf(members.gid, "gid"),
    transType: textOf(members.trans_type, "trans_type"),
    protocol: protocolOf(members.protocol),
    steps,
    payloads: data.length === 0 ? payloads : [...payloads, ...data],
    queryPrepared: textOf(members.query_prepared, "query_prepared"),
    customData: textOf(members.custom_data, "custom_data"),
    rollbackReason: textOf(members.rollback_reason, "rollback_reason"),
    reqExtra: textsByName(members.req_extra, "req_extra"),
    options: {
      waitResult: flagOf(members.wait_result, "wait_result"),
      timeoutToFailS: countOf(members.timeout_to_fail, "timeout_to_fail"),
      requestTimeoutS: countOf(members.request_timeout, "request_timeout"),
      retryIntervalS: countOf(members.retry_interval, "retry_interval"),
      retryLimit: countOf(members.retry_limit, "retry_limit"),
      branchHeaders: textsByName(members.branch_headers, "branch_headers"),
      concurrent: flagOf(members.concurrent, "concurrent"),
    },
  };
}

/** The HTTP body for `request`, without the members that are not set. */
export function transGlobalOf(request: TransactionRequest): string {
  const { options } = request;
  return JSON.stringify({
    gid: request.gid,
    trans_type: request.transType,
    custom_data: request.customData || undefined,
    wait_result: options.waitResult || undefined,
    timeout_to_fail: options.timeoutToFailS || undefined,
    request_timeout: options.requestTimeoutS || undefined,
    retry_interval: options.retryIntervalS || undefined,
    branch_headers: unlessEmpty(options.branchHeaders),
    concurrent: options.concurrent || undefined,
    retry_limit: options.retryLimit || undefined,
    steps: request.steps.length === 0 ? undefined : request.steps,
    ...payloadMembersOf(request.payloads),
    query_prepared: request.queryPrepared || undefined,
    protocol: request.protocol,
    rollback_reason: request.rollbackReason || undefined,
    req_extra: unlessEmpty(request.reqExtra),
  });
}

function protocolOf(value: unknown): TransactionRequest["protocol"] {
  if (isAbsent(value) || value === "") return "http";
  const protocol = BRANCH_PROTOCOLS.find((word) => word === value);
  if (protocol === undefined) throw wrongType("protocol", value, `one of ${BRANCH_PROTOCOLS.join(", ")}`);
  return protocol;
}

function unlessEmpty(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  return Object.keys(texts).length === 0 ? undefined : texts;
}
