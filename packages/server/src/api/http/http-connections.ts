/** The HTTP door's servers and their connections. `http-lane.ts` handles one connection. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";
import { isWithin } from "../../is-within.ts";
import {
  HTTP_BODY_BYTES_MAX,
  HTTP_HEADER_BYTES_MAX,
  HTTP_HEADERS_TIMEOUT_MS,
  HTTP_KEEP_ALIVE_MS,
  HTTP_SLOW_CLIENT_CHECK_MS,
} from "../limits.ts";
import { RunningRequests } from "../running-requests.ts";
import { rawAnswer, routeNotOffered } from "./http-answers.ts";
import { HttpLane, sayLast } from "./http-lane.ts";
import { bodyTooLarge, expectationFailed } from "./http-unreadable.ts";
import { announcesMoreThan } from "./unread-body.ts";

export interface ConnectionsOptions {
  /** How long a client may take over sending a request. */
  readonly requestMs: number;
  /** How long a client may read nothing of an answer that waits for it. */
  readonly answerMs: number;
  /** Connections at a time; one more is closed at once. */
  readonly connectionsMax: number;
}

/** The running requests and their servers: one server, or two where `localhost` has two addresses. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #servers: Server[] = [];
  readonly #running = new RunningRequests();
  readonly #lanes = new WeakMap<Socket, HttpLane>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  serverFor(handler: RequestListener): Server {
    const { answerMs, connectionsMax, requestMs } = this.#options;
    const server = createServer({
      headersTimeout: Math.min(HTTP_HEADERS_TIMEOUT_MS, requestMs),
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(HTTP_SLOW_CLIENT_CHECK_MS, requestMs),
      keepAliveTimeout: HTTP_KEEP_ALIVE_MS,
      maxHeaderSize: HTTP_HEADER_BYTES_MAX,
      // The door checks the header itself, because Node's refusal has no text.
      requireHostHeader: false,
    });
    server.maxConnections = connectionsMax;
    server.on("request", (request, response) => {
      const begin = (): void => handler(request, response);
      this.#laneOf(request.socket).take({ request, response, begin });
    });
    server.on("checkContinue", (request, response) => {
      const lane = this.#laneOf(request.socket);
      const begin = (): void => {
        if (announcesMoreThan(request, HTTP_BODY_BYTES_MAX)) {
          void lane.refuseBody(request, { answer: rawAnswer(413, bodyTooLarge()), lingerMs: requestMs });
          return;
        }
        response.writeContinue();
        handler(request, response);
      };
      lane.take({ request, response, begin });
    });
    server.on("checkExpectation", (request, response) => {
      const begin = (): void => expectationFailed(response);
      this.#laneOf(request.socket).take({ request, response, begin });
    });
    server.on("clientError", (cause, socket) => this.#laneOf(socket as Socket).refuse(cause, requestMs));
    server.setTimeout(answerMs, (socket) => this.#laneOf(socket).timedOut());
    // CONNECT asks for a tunnel, which no route offers. Node hands over the socket, so its errors must be caught here.
    server.on("connect", ({ url = "" }, socket) => {
      socket.on("error", () => undefined);
      sayLast(socket, rawAnswer(404, routeNotOffered("CONNECT", url)));
    });
    this.#servers.push(server);
    return server;
  }

  /** Aborts when the caller of `request` goes away before it gets the answer. */
  goneOf(request: IncomingMessage): AbortSignal {
    return this.#laneOf(request.socket).goneOf(request);
  }

  /** Resolves when every earlier request of the connection has its answer, or the caller of `request` has gone. */
  firstOf(request: IncomingMessage): Promise<void> {
    return this.#laneOf(request.socket).firstOf(request);
  }

  /** Waits up to `ms` for the end of all requests, then closes all connections. */
  async endWithin(ms: number): Promise<void> {
    await isWithin(ms, this.#running.none());
    // Idle connections too: they would keep the server open.
    for (const server of this.#servers) server.closeAllConnections();
  }

  #laneOf(socket: Socket): HttpLane {
    const known = this.#lanes.get(socket);
    if (known !== undefined) return known;
    const lane = new HttpLane(socket, this.#running);
    this.#lanes.set(socket, lane);
    return lane;
  }
}
