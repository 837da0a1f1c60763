/** Answers to requests that never reach a route, because they cannot be read or do not arrive. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { LockstepError } from "@lockstep/protocol";
import { HTTP_BODY_BYTES_MAX, HTTP_HEADER_BYTES_MAX, HTTP_HEADERS_TIMEOUT_MS } from "../limits.ts";
import { writeRefusal } from "./http-answers.ts";

/** An answer whose HTTP status is finer than that of the error's code. */
interface Unreadable {
  readonly status: number;
  readonly error: LockstepError;
}

/** The state of the connection when its input could not be read. */
export interface ConnectionState {
  /** How long a request may take to arrive. */
  readonly requestMs: number;
  /** The peer has sent no byte. */
  readonly isSilent: boolean;
  /** The headers were read, but not the whole body. */
  readonly isInBody: boolean;
  /** That request has its answer already. */
  readonly isAnswered: boolean;
}

/** The answer for an error of Node's parser or a timeout; undefined: close without an answer. */
export function unreadable(
  cause: Error & { readonly code?: string; readonly reason?: string },
  { requestMs, isSilent, isInBody, isAnswered }: ConnectionState,
): Unreadable | undefined {
  if (isSilent || isAnswered) return undefined;
  switch (cause.code) {
    case "ERR_HTTP_REQUEST_TIMEOUT": {
      const ms = isInBody ? requestMs : Math.min(HTTP_HEADERS_TIMEOUT_MS, requestMs);
      const part = isInBody ? "whole request" : "request's headers";
      return refusal(408, "invalid_argument", `The ${part} did not arrive within ${ms / 1_000} s.`);
    }
    case "HPE_HEADER_OVERFLOW":
      return refusal(
        431,
        "payload_too_large",
        `The request's line and headers are larger than ${HTTP_HEADER_BYTES_MAX} bytes; send data in the body.`,
      );
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return refusal(413, "payload_too_large", "The body's chunks have extensions; leave them out.");
    case "HPE_INVALID_URL":
      return refusal(
        400,
        "invalid_argument",
        "The request's URL has characters that cannot stand in one; percent-encode the URL.",
      );
    default: {
      const why = cause.reason ?? cause.message;
      return refusal(400, "invalid_argument", `The request is not HTTP that can be read: ${why}.`);
    }
  }
}

/** The error for a body over the limit. */
export function bodyTooLarge(cause?: unknown): LockstepError {
  return new LockstepError(
    "payload_too_large",
    `The body is larger than ${HTTP_BODY_BYTES_MAX} bytes; split the transaction, or pass references to data.`,
    { cause },
  );
}

/** Answers a request whose `Expect` is not `100-continue`. */
export function expectationFailed(response: ServerResponse): void {
  const message = "The request expects what is not offered; leave the header Expect out.";
  writeRefusal(response, refusal(417, "invalid_argument", message));
}

/** Why `request` cannot be served; undefined where it can. HTTP/1.1 requires that a server refuse a missing Host. */
export function problemOfHost(request: IncomingMessage): LockstepError | undefined {
  if (request.headers.host !== undefined || request.httpVersion !== "1.1") return undefined;
  return new LockstepError(
    "invalid_argument",
    "The request has no Host header; every HTTP/1.1 request has one.",
  );
}

function refusal(status: number, code: LockstepError["code"], message: string): Unreadable {
  return { status, error: new LockstepError(code, message) };
}
