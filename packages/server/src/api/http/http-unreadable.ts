/** What is said to requests that never reach a route, because they cannot be read or do not arrive. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { LockstepError } from "@lockstep/protocol";
import { HTTP_HEADER_BYTES_MAX, HTTP_HEADERS_TIMEOUT_MS } from "../limits.ts";
import { writeRefusal } from "./http-answers.ts";

/** An answer with HTTP's own status, which is finer than the code's. */
interface Unreadable {
  readonly status: number;
  readonly error: LockstepError;
}

/** How far the connection was when it could not be read on. */
export interface ConnectionState {
  /** How long a request may take to arrive. */
  readonly requestMs: number;
  /** Not one byte has come. */
  readonly isSilent: boolean;
  /** The headers were read, the body not to its end. */
  readonly isInBody: boolean;
  /** That request has its answer already. */
  readonly isAnswered: boolean;
}

/** What to answer, for what Node's parser and its clock complain about; undefined: close without a word. */
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

/** `Expect` with anything but `100-continue`. */
export function expectationFailed(response: ServerResponse): void {
  const message = "The request expects what is not offered; leave the header Expect out.";
  writeRefusal(response, refusal(417, "invalid_argument", message));
}

/** Why `request` cannot be served at all; undefined where it can. HTTP/1.1 asks that the missing Host be refused. */
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
