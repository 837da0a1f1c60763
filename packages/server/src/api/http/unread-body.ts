/**
 * Answers to requests whose body has not arrived as a whole: it is too large, or nobody needs it. Most clients send the
 * whole body before they read the answer. If the door closed the connection meanwhile, the system would throw away what
 * the client has not read, and the client would see a reset and no answer. So the door reads the rest and drops it, for
 * as long as a request may take to arrive.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";

/** Called before the headers of an answer go out. */
export function readRestOfBody(reply: FastifyReply): void {
  const request = reply.request.raw;
  if (request.complete || !hasBody(request)) return;
  // Fastify wants to close the connection after a body that is too large.
  reply.removeHeader("connection");
  keepUntilRead(request, reply.raw);
  request.resume();
}

/** Whether the headers announce a body that is larger than `bytesMax`. */
export function announcesMoreThan({ headers }: Pick<IncomingMessage, "headers">, bytesMax: number): boolean {
  return Number(headers["content-length"] ?? 0) > bytesMax;
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers["transfer-encoding"] !== undefined || announcesMoreThan(request, 0);
}

/** Node ends a connection that is not to be kept with its answer, and resets it when something is unread. */
function keepUntilRead(request: IncomingMessage, response: ServerResponse): void {
  const isKept = response.shouldKeepAlive;
  response.removeHeader("connection");
  response.shouldKeepAlive = true;
  if (isKept) return;
  const endWhenDone = (): void => {
    if (response.writableFinished && request.complete) request.socket.end();
  };
  response.once("close", endWhenDone);
  request.once("end", endWhenDone);
}
