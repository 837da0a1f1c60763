/**
 * The HTTP door: dtm's API and the probes, on one port.
 *
 * Owns its sockets. Whatever is thrown behind it is answered here, and logged here if it was our mistake.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { authorityOf, LockstepError } from "@lockstep/protocol";
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from "fastify";
import type { EngineLog } from "../engine/ports.ts";
import { answerableError } from "./answerable.ts";
import { cannotListen, type Door, type DoorOptions } from "./door.ts";
import { rawBadRequest, sendError, sendNotFound } from "./http-answers.ts";
import { addRoutes } from "./http-routes.ts";
import {
  DOOR_STOP_GRACE_MS,
  HTTP_BODY_BYTES_MAX,
  HTTP_CONNECTIONS_MAX,
  HTTP_HEADERS_TIMEOUT_MS,
  HTTP_KEEP_ALIVE_MS,
  HTTP_REQUEST_TIMEOUT_MS,
  HTTP_SLOW_CLIENT_CHECK_MS,
} from "./limits.ts";
import { Running } from "./running.ts";

/** Opens the HTTP door. @throws LockstepError `unavailable` when the address or the port cannot be had */
export async function startHttpDoor(options: DoorOptions): Promise<Door> {
  const { operations, host, port, log, stopGraceMs = DOOR_STOP_GRACE_MS } = options;
  const connections = new Connections();
  const app = fastify({
    logger: false,
    bodyLimit: HTTP_BODY_BYTES_MAX,
    exposeHeadRoutes: false,
    // Requests on a connection that is still open are answered while stopping; the engine may refuse them.
    return503OnClosing: false,
    serverFactory: (handler) => connections.serverFor(handler),
    frameworkErrors: (error, _request, reply) => sendError(reply, errorOfFramework(error)),
    clientErrorHandler: answerUnreadable,
  });
  takeAnyContentType(app);
  app.setNotFoundHandler((_request, reply) => sendNotFound(reply));
  app.setErrorHandler((thrown, _request, reply) => answerError(thrown, { reply, log }));
  let isRetired = false;
  addRoutes(app, operations, { isRetired: () => isRetired });
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw cannotListen(`HTTP door cannot listen on ${authorityOf(options)} (${codeOf(cause)})`, cause);
  }
  const bound = app.server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    retire: () => {
      isRetired = true;
    },
    stop: async () => {
      isRetired = true;
      const closed = app.close();
      await connections.endWithin(stopGraceMs);
      await closed;
    },
  };
}

/** dtm does not look at Content-Type, and its clients send what they like. */
function takeAnyContentType(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  // Fastify answers 415 to a type that it cannot even read, before it chooses a parser.
  app.addHook("onRequest", (request, _reply, done) => {
    request.raw.headers["content-type"] = undefined;
    done();
  });
}

function answerError(
  thrown: unknown,
  { reply, log }: { readonly reply: FastifyReply; readonly log: EngineLog },
): FastifyReply {
  // The client went away in the middle of its body: nobody's mistake, and nobody hears the answer.
  if (reply.raw.destroyed) return reply.hijack();
  const error = isFastifyError(thrown) ? errorOfFramework(thrown) : answerableError(thrown);
  if (error.code === "internal") {
    const about = error.gid === undefined ? {} : { gid: error.gid };
    log.error("an HTTP request ended in a mistake of ours", about, error.cause ?? error);
  }
  return sendError(reply, error);
}

function isFastifyError(thrown: unknown): thrown is FastifyError {
  return (
    thrown instanceof Error &&
    "code" in thrown &&
    /^FST_ERR_(?:CTP_|BAD_URL|MAX_PARAM)/.test(`${thrown.code}`)
  );
}

/** What Fastify refuses by itself: bodies and paths that it cannot read. */
function errorOfFramework(cause: FastifyError): LockstepError {
  if (cause.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return new LockstepError(
      "payload_too_large",
      `The body is larger than ${HTTP_BODY_BYTES_MAX} bytes; split the transaction, or pass references to data.`,
      { cause },
    );
  }
  return new LockstepError("invalid_argument", `The request cannot be read: ${cause.message}.`, { cause });
}

/** Bytes that are not HTTP, headers that are too long or too slow. */
function answerUnreadable(cause: Error & { readonly code?: string }, socket: Socket): void {
  if (cause.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const message = `The request is not HTTP that can be read (${codeOf(cause)}).`;
  socket.end(rawBadRequest(new LockstepError("invalid_argument", message)));
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? `${thrown.code}` : String(thrown);
}

/** The requests that run and the servers they run on: one, or two where `localhost` has two addresses. */
class Connections {
  readonly #servers: Server[] = [];
  readonly #running = new Running();

  serverFor(handler: RequestListener): Server {
    const server = createServer(
      {
        headersTimeout: HTTP_HEADERS_TIMEOUT_MS,
        requestTimeout: HTTP_REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: HTTP_SLOW_CLIENT_CHECK_MS,
        keepAliveTimeout: HTTP_KEEP_ALIVE_MS,
      },
      (request, response) => {
        this.#running.begin();
        response.once("close", () => this.#running.end());
        handler(request, response);
      },
    );
    server.maxConnections = HTTP_CONNECTIONS_MAX;
    this.#servers.push(server);
    return server;
  }

  /** Resolves when every request has ended, and ends those that have not after `ms`. */
  async endWithin(ms: number): Promise<void> {
    await this.#running.noneWithin(ms);
    // Idle ones too: a client's connection without a request would keep the server open.
    for (const server of this.#servers) server.closeAllConnections();
  }
}
