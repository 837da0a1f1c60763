/** The answers of the HTTP door, byte for byte as dtm's clients know them (protocol 1.2), and our own. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import {
  CODES,
  HEADER_CODE,
  HEADER_DETAIL,
  HEADER_GID,
  HEADER_STATUS,
  type LastAttempt,
  type LockstepError,
  lastAttemptMembersOf,
} from "@lockstep/protocol";
import type { FastifyReply } from "fastify";
import { isHeaderSafe } from "../answerable-error.ts";
import { detailHeaderOf } from "../detail-header.ts";
import { RETRY_AFTER_S } from "../limits.ts";

const JSON_TYPE = "application/json; charset=utf-8";

/** The answer of an operation without a result; the Java client looks for exactly this word. */
export const SUCCESS_BODY = '{"dtm_result":"SUCCESS"}';

/** Answers 200 with `body`, which is JSON. */
export function sendJson(reply: FastifyReply, body: string): FastifyReply {
  return reply.header("content-type", JSON_TYPE).send(body);
}

/** The answer of dtm's router: no JSON, no line end, and never a 405. */
export const NOT_FOUND = "404 page not found";

export function sendNotFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).header("content-type", "text/plain").send(NOT_FOUND);
}

export function sendError(reply: FastifyReply, error: LockstepError): FastifyReply {
  reply.code(CODES[error.code].http).header("content-type", JSON_TYPE).header(HEADER_CODE, error.code);
  if (error.gid !== undefined && isHeaderSafe(error.gid)) reply.header(HEADER_GID, error.gid);
  if (error.status !== undefined) reply.header(HEADER_STATUS, error.status);
  const detail = detailHeaderOf(error);
  if (detail !== undefined) reply.header(HEADER_DETAIL, detail);
  if (CODES[error.code].http === 503) reply.header("retry-after", RETRY_AFTER_S);
  return reply.send(errorBodyOf(error));
}

/** The keys are in alphabetical order, as in dtm's answers. */
function errorBodyOf({ code, gid, lastAttempt, message }: LockstepError): string {
  const status: number = CODES[code].http;
  if (status === 409) return JSON.stringify({ dtm_result: "FAILURE", message });
  if (status === 425) {
    const last_attempt = lastAttempt === undefined ? undefined : withoutResultWords(lastAttempt);
    return JSON.stringify({ dtm_result: "ONGOING", gid, last_attempt, message });
  }
  return JSON.stringify({ code, message });
}

/** dtm's clients look for these words anywhere in a body, and a branch's answer that is quoted may hold them. */
const RESULT_WORDS = /SUCCESS|FAILURE|ONGOING/g;

function withoutResultWords(attempt: LastAttempt): object {
  const { url, detail } = attempt;
  const [quotedUrl, quotedDetail] = [url, detail].map((text) =>
    text.replace(RESULT_WORDS, (word) => word.toLowerCase()),
  );
  return { ...lastAttemptMembersOf(attempt), url: quotedUrl, detail: quotedDetail };
}

/** Sends `error` where there is no reply object, with any HTTP status. */
export function writeRefusal(
  response: ServerResponse,
  { status, error }: { readonly status: number; readonly error: LockstepError },
): void {
  const body = errorBodyOf(error);
  const length = Buffer.byteLength(body);
  response.writeHead(status, {
    "content-type": JSON_TYPE,
    "content-length": length,
    [HEADER_CODE]: error.code,
  });
  response.end(body);
}

/** The bytes of an answer for a connection whose request could not be read, and so has no response object. */
export function rawAnswer(status: number, answer: LockstepError | string): string {
  const isText = typeof answer === "string";
  const body = isText ? answer : errorBodyOf(answer);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    `Content-Type: ${isText ? "text/plain" : JSON_TYPE}`,
    ...(isText ? [] : [`${HEADER_CODE}: ${answer.code}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}
