import { CODES, type Code, type LockstepError } from "@lockstep/protocol";
import { transactionErrorOf } from "./transaction-error.ts";

/** A coordinator's refusal as it arrived. */
export interface ErrorAnswer {
  /** The value of `lockstep-code`; a dtm server sends none. */
  readonly code: string | undefined;
  /** What the HTTP or gRPC status alone would mean. */
  readonly fallback: Code;
  readonly message: string;
  /** The transaction the call was about; empty where it was about none. */
  readonly gid: string;
  readonly cause?: unknown;
}

/**
 * The error that a coordinator's refusal stands for. Without `lockstep-code` it came from a dtm server, whose
 * statuses say less than its texts: 409 is also "wrong status" and even "still running" (protocol 1.4, 5.7).
 */
export function errorOfAnswer(answer: ErrorAnswer): LockstepError {
  const { message, gid, cause } = answer;
  const code = isCode(answer.code) ? answer.code : codeOfDtmText(message, answer.fallback);
  const status = STATUS_IN_TEXT.exec(message)?.[1];
  return transactionErrorOf(code, message, {
    gid,
    ...(status === undefined ? {} : { status }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What an HTTP status means where no code came with it. */
export function codeOfHttpStatus(status: number): Code {
  if (status === 409) return "failed";
  if (status === 425) return "ongoing";
  if (status === 413) return "payload_too_large";
  // From a proxy in between, mostly.
  if (status === 429 || status === 502 || status === 503 || status === 504) return "unavailable";
  return status >= 400 && status < 500 ? "invalid_argument" : "internal";
}

/** What a gRPC status means where no code came with it. */
export function codeOfGrpcStatus(status: number): Code {
  return GRPC_CODES[status] ?? "internal";
}

const GRPC_CODES: Readonly<Record<number, Code>> = {
  3: "invalid_argument", // INVALID_ARGUMENT
  4: "unavailable", // DEADLINE_EXCEEDED
  7: "invalid_argument", // PERMISSION_DENIED
  8: "payload_too_large", // RESOURCE_EXHAUSTED: grpc-go and grpc-js say it of a message over their limit
  9: "ongoing", // FAILED_PRECONDITION
  10: "failed", // ABORTED
  12: "unsupported", // UNIMPLEMENTED
  14: "unavailable", // UNAVAILABLE
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
