import {
  CODES,
  type Code,
  type LockstepError,
  parseErrorDetail,
  type RequestStep,
  shownReason,
} from "@lockstep/protocol";
import { refusalTold } from "./refusal-told.ts";
import { transactionErrorOf } from "./transaction-error.ts";

/** A coordinator's refusal as it arrived. */
export interface ErrorAnswer {
  /** The value of the header `lockstep-code`; undefined from a dtm server. */
  readonly code: string | undefined;
  /** The value of the header `lockstep-status`. Without it, the message may name the status. */
  readonly status: string | undefined;
  /** The value of the header `lockstep-detail`; undefined where there is nothing to tell, and from a dtm server. */
  readonly detail: string | undefined;
  /** The code that the HTTP or gRPC status alone stands for. */
  readonly fallback: Code;
  readonly message: string;
  /** The transaction that the call was about; empty where it was about none. */
  readonly gid: string;
  /** The steps that the call submitted; none where it was about another thing. */
  readonly steps: readonly RequestStep[];
  readonly cause?: unknown;
}

/**
 * The error that the caller gets for a coordinator's refusal. A refusal without `lockstep-code` comes from a dtm server,
 * or from a proxy in between. A dtm server tells more by its text than by its status: its 409 can also mean "wrong status"
 * and even "still running" (protocol 1.4, 5.7).
 */
export function errorOfAnswer(answer: ErrorAnswer): LockstepError {
  const { message, gid, steps, cause } = answer;
  const code = isCode(answer.code) ? answer.code : codeOfDtmText(message, answer.fallback);
  const status = answer.status ?? STATUS_IN_TEXT.exec(message)?.[1];
  const { lastAttempt, ...detail } = parseErrorDetail(answer.detail);
  const reason = detail.reason ?? (code === "failed" ? message : undefined);
  const refusal = refusalTold({ reason, detail: detail.refusal, steps });
  return transactionErrorOf(code, message, {
    gid,
    ...(reason === undefined ? {} : { reason: shownReason(reason) }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(lastAttempt === undefined ? {} : { lastAttempt }),
    ...(status === undefined ? {} : { status }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * The code that an HTTP status stands for when no code came with it. dtm answers 500 to a request that it cannot store,
 * but also to one that it has stored and then failed to run (`dtm panic`). A proxy answers 500 when it has lost the
 * answer. So after a 500, as after every other 5xx, nobody knows whether the request was accepted.
 */
export function codeOfHttpStatus(status: number): Code {
  if (status === 409) return "failed";
  if (status === 425) return "ongoing";
  if (status === 413) return "payload_too_large";
  if (status === 408 || status === 429 || status >= 500) return "unavailable";
  // A coordinator never redirects, so whoever answers 3xx is none.
  return status >= 400 ? "invalid_argument" : "unsupported";
}

/** The code that a gRPC status stands for when no code came with it. */
export function codeOfGrpcStatus(status: number): Code {
  return GRPC_CODES[status] ?? "unavailable";
}

/**
 * After all other statuses nobody knows whether the request was accepted. UNKNOWN and INTERNAL are what 500 is over HTTP
 * (protocol 2.3), and grpc-js gives INTERNAL and CANCELLED for a stream that was reset after the request had arrived.
 */
const GRPC_CODES: Readonly<Record<number, Code>> = {
  3: "invalid_argument", // INVALID_ARGUMENT
  7: "invalid_argument", // PERMISSION_DENIED
  8: "payload_too_large", // RESOURCE_EXHAUSTED: the answer of grpc-go and grpc-js to a message over their limit
  9: "ongoing", // FAILED_PRECONDITION
  10: "failed", // ABORTED
  12: "unsupported", // UNIMPLEMENTED
  16: "invalid_argument", // UNAUTHENTICATED
};

const STATUS_IN_TEXT = /current status '(\w+)'/;

function codeOfDtmText(message: string, fallback: Code): Code {
  if (STATUS_IN_TEXT.test(message)) return "wrong_status";
  // dtm's text for a saga with a wait that has neither succeeded nor a reason to fail: it still runs.
  if (message.startsWith("wait result not return success")) return "ongoing";
  // dtm's text for a tcc, msg or xa with a wait whose branch gave no definite answer: it is retried.
  if (message.startsWith("your http/grpc result should be specified")) return "ongoing";
  if (message.startsWith("no TransGlobal with gid")) return "unknown_gid";
  return fallback;
}

function isCode(text: string | undefined): text is Code {
  return text !== undefined && Object.hasOwn(CODES, text);
}
