import { CODES, type Code, type LockstepError } from "@lockstep/protocol";
import { transactionErrorOf } from "./transaction-error.ts";

/** A coordinator's refusal as it arrived. */
export interface ErrorAnswer {
  /** The value of `lockstep-code`; a dtm server sends none. */
  readonly code: string | undefined;
  /** The value of `lockstep-status`; without it, the text may name the status. */
  readonly status: string | undefined;
  /** What the HTTP or gRPC status alone would mean. */
  readonly fallback: Code;
  readonly message: string;
  /** The transaction the call was about; empty where it was about none. */
  readonly gid: string;
  readonly cause?: unknown;
}

/**
 * The error that a coordinator's refusal stands for. Without `lockstep-code` it came from a dtm server, whose
 * statuses say less than its texts: 409 is also "wrong status" and even "still running" (protocol 1.4, 5.7). Or it
 * came from what stands in between.
 */
export function errorOfAnswer(answer: ErrorAnswer): LockstepError {
  const { message, gid, cause } = answer;
  const code = isCode(answer.code) ? answer.code : codeOfDtmText(message, answer.fallback);
  const status = answer.status ?? STATUS_IN_TEXT.exec(message)?.[1];
  return transactionErrorOf(code, message, {
    gid,
    ...(status === undefined ? {} : { status }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * What an HTTP status means where no code came with it. 500 is dtm's answer to a request that it cannot store, but
 * also to one that it has stored and then failed to run (`dtm panic`), and a proxy's when it lost the answer: so, as
 * with every other 5xx, whether the request was accepted is open.
 */
export function codeOfHttpStatus(status: number): Code {
  if (status === 409) return "failed";
  if (status === 425) return "ongoing";
  if (status === 413) return "payload_too_large";
  if (status === 408 || status === 429 || status >= 500) return "unavailable";
  // A coordinator redirects nobody.
  return status >= 400 ? "invalid_argument" : "unsupported";
}

/** What a gRPC status means where no code came with it. */
export function codeOfGrpcStatus(status: number): Code {
  return GRPC_CODES[status] ?? "unavailable";
}

/**
 * All others leave open whether the request was accepted: UNKNOWN and INTERNAL are dtm's 500 (protocol 2.3), and
 * grpc-js says INTERNAL and CANCELLED of a stream that was reset after the request had arrived.
 */
const GRPC_CODES: Readonly<Record<number, Code>> = {
  3: "invalid_argument", // INVALID_ARGUMENT
  7: "invalid_argument", // PERMISSION_DENIED
  8: "payload_too_large", // RESOURCE_EXHAUSTED: grpc-go and grpc-js say it of a message over their limit
  9: "ongoing", // FAILED_PRECONDITION
  10: "failed", // ABORTED
  12: "unsupported", // UNIMPLEMENTED
  16: "invalid_argument", // UNAUTHENTICATED
};

const STATUS_IN_TEXT = /current status '(\w+)'/;

function codeOfDtmText(message: string, fallback: Code): Code {
  if (STATUS_IN_TEXT.test(message)) return "wrong_status";
  // What dtm says of every waited-for saga that has neither succeeded nor got a reason to fail: it still runs.
  if (message.startsWith("wait result not return success")) return "ongoing";
  // And of a tcc, msg or xa whose branch gave no answer that counts: "unkown result will be retried".
  if (message.startsWith("your http/grpc result should be specified")) return "ongoing";
  if (message.startsWith("no TransGlobal with gid")) return "unknown_gid";
  return fallback;
}

function isCode(text: string | undefined): text is Code {
  return text !== undefined && Object.hasOwn(CODES, text);
}
