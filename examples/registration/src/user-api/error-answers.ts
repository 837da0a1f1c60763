/** All answers of user-api other than success: always `{"message": …}`, whatever found the error. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { HTTP_BODY_BYTES_MAX, RETRY_AFTER_S } from "../limits.ts";
import type { ServiceLog } from "../service/service-log.ts";
import { ApiError } from "./api-error.ts";
import { isPassing } from "./services.ts";

/** Answers an error that a handler threw, or that Fastify found before any handler ran. */
export function sendError({
  error,
  request,
  reply,
  log,
}: {
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly log: ServiceLog;
}): FastifyReply {
  if (error instanceof ApiError) {
    const { status, message, data } = error;
    if (status === 401) reply.header("www-authenticate", "Bearer");
    if (status === 503) reply.header("retry-after", RETRY_AFTER_S);
    return reply.code(status).send(data === undefined ? { message } : { message, data });
  }
  const status = refusalStatusOf(error);
  if (status !== undefined) {
    return reply.code(status).send({ message: REFUSALS[status] ?? STATUS_CODES[status] });
  }
  const route = request.routeOptions.url ?? "";
  if (isPassing(error)) {
    log.warn("a service could not be asked", { route, why: error instanceof Error ? error.message : "" });
    return reply
      .code(503)
      .header("retry-after", RETRY_AFTER_S)
      .send({ message: "a service that this needs is not reachable; try again" });
  }
  log.error("a request failed", { route }, error);
  return reply.code(500).send({ message: "internal error" });
}

/** Answers input that is not HTTP, and ends the connection: nobody knows where the next request would begin. */
export function answerNoHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERRORS[error.code ?? ""] ?? 400;
  const body = JSON.stringify({ message: STATUS_CODES[status] });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

/** Node's codes for requests whose head it could not read to the end. */
const CLIENT_ERRORS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Fastify's own refusals, in words for the client. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: "the request is malformed",
  413: `the body must not be larger than ${HTTP_BODY_BYTES_MAX} bytes`,
  414: "the path is too long",
  415: "the body must be application/json",
};

function refusalStatusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === "number" && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
