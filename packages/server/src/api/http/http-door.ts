/**
 * The HTTP door: dtm's API and the probes, on one port.
 *
 * The door owns its sockets. It answers every error that is thrown behind it, and logs the error if it was our mistake.
 */
import { METHODS } from "node:http";
import type { AddressInfo } from "node:net";
import { LockstepError } from "@lockstep/protocol";
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from "fastify";
import type { EngineLog } from "../../engine/ports.ts";
import { answerableError } from "../answerable-error.ts";
import { cannotListen, type Door, type DoorOptions } from "../door.ts";
import { problemOfSite } from "../foreign-site.ts";
import {
  ANSWER_READ_MS_MAX,
  CONNECTIONS_MAX,
  DOOR_STOP_GRACE_MS,
  HTTP_BODY_BYTES_MAX,
  REQUEST_ARRIVAL_MS_MAX,
} from "../limits.ts";
import { OurHosts } from "../our-hosts.ts";
import { sendError, sendNotFound } from "./http-answers.ts";
import { Connections } from "./http-connections.ts";
import { addRoutes } from "./http-routes.ts";
import { bodyTooLarge, problemOfHost } from "./http-unreadable.ts";
import { ListTurns } from "./list-turns.ts";
import { readRestOfBody } from "./unread-body.ts";

/** Opens the HTTP door. @throws LockstepError `unavailable` when the address or the port cannot be had */
export async function startHttpDoor(options: DoorOptions): Promise<Door> {
  const { operations, host, port, log, stopGraceMs = DOOR_STOP_GRACE_MS } = options;
  const connections = new Connections({
    requestMs: options.requestMs ?? REQUEST_ARRIVAL_MS_MAX,
    answerMs: options.answerMs ?? ANSWER_READ_MS_MAX,
    connectionsMax: options.connectionsMax ?? CONNECTIONS_MAX,
  });
  const app = fastify({
    logger: false,
    bodyLimit: HTTP_BODY_BYTES_MAX,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true },
    // While it stops, the door still answers requests on open connections; the engine may refuse them.
    return503OnClosing: false,
    serverFactory: (handler) => connections.serverFor(handler),
    frameworkErrors: (error, _request, reply) => sendError(reply, errorOfFramework(error)),
    // Fastify would use this on one server only, and `localhost` may have two: see `Connections`.
    clientErrorHandler: () => undefined,
  });
  app.addHook("onRequest", (request, _reply, done) => done(problemOfHost(request.raw)));
  refuseOtherSites(app, new OurHosts({ listen: host, listed: options.hosts ?? [] }));
  app.addHook("onSend", (_request, reply, payload, done) => {
    readRestOfBody(reply);
    done(null, payload);
  });
  takeAnyContentType(app);
  takeAnyMethod(app);
  app.setNotFoundHandler((_request, reply) => sendNotFound(reply));
  app.setErrorHandler((thrown, _request, reply) => answerError(thrown, { reply, log }));
  const turns = new ListTurns();
  let isRetired = false;
  addRoutes(app, operations, {
    isRetired: () => isRetired,
    answerable: (thrown) => answerableOf(thrown, log),
    readyDetail: options.readyDetail,
    goneOf: (request) => connections.goneOf(request.raw),
    inTurn: async ({ raw }, reply, make) => {
      const gone = connections.goneOf(raw);
      await connections.firstOf(raw);
      return turns.take({ response: reply.raw, gone }, make);
    },
  });
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw cannotListen("HTTP", options, cause);
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

/** Refuses what a browser sends for another site, on every path, before a body is read. */
function refuseOtherSites(app: FastifyInstance, ours: OurHosts): void {
  app.addHook("onRequest", ({ raw }, reply, done) => {
    const header = (name: string): string | undefined => {
      const value = raw.headers[name];
      return typeof value === "object" ? value.join(", ") : value;
    };
    const problem = problemOfSite({ authority: raw.headers.host, header }, ours);
    if (problem === undefined) done();
    else sendError(reply, problem, 403);
  });
}

const ANY_TYPE = "application/octet-stream";

/** dtm does not look at Content-Type, and its clients send any. */
function takeAnyContentType(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  // Before it chooses a parser, Fastify answers 415 to a type that it cannot read, and 400 to a QUERY without a type.
  app.addHook("onRequest", (request, _reply, done) => {
    request.raw.headers["content-type"] = ANY_TYPE;
    done();
  });
}

/** Fastify refuses methods that it does not know; here the routes decide. CONNECT never gets here. */
function takeAnyMethod(app: FastifyInstance): void {
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method) && method !== "CONNECT") app.addHttpMethod(method);
  }
}

function answerError(
  thrown: unknown,
  { reply, log }: { readonly reply: FastifyReply; readonly log: EngineLog },
): FastifyReply {
  // The client went away while it sent its body: this is no mistake of ours, and nobody reads an answer.
  if (reply.raw.destroyed) return reply.hijack();
  return sendError(reply, answerableOf(thrown, log));
}

/** The error that the caller may see. A mistake of ours is logged. */
function answerableOf(thrown: unknown, log: EngineLog): LockstepError {
  const error = isFastifyError(thrown) ? errorOfFramework(thrown) : answerableError(thrown);
  if (error.code === "internal") {
    const about = error.gid === undefined ? {} : { gid: error.gid };
    log.error("an HTTP request ended in a mistake of ours", about, error.cause ?? error);
  }
  return error;
}

/** Whether this is one of Fastify's own 4xx errors; its other errors are mistakes of ours. */
function isFastifyError(thrown: unknown): thrown is FastifyError {
  if (!(thrown instanceof Error && "code" in thrown && "statusCode" in thrown)) return false;
  const status = Number(thrown.statusCode);
  return /^FST_ERR_/.test(`${thrown.code}`) && status >= 400 && status < 500;
}

/** The error for a request that Fastify refuses by itself: it cannot read the body or the path. */
function errorOfFramework(cause: FastifyError): LockstepError {
  if (cause.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return bodyTooLarge(cause);
  }
  return new LockstepError("invalid_argument", `The request cannot be read: ${cause.message}.`, { cause });
}
