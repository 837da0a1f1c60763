/** The HTTP door's servers and their connections. What happens on one connection is in `http-lane.ts`. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";
import { isWithin } from "../../is-within.ts";
import {
  HTTP_HEADER_BYTES_MAX,
  HTTP_HEADERS_TIMEOUT_MS,
  HTTP_KEEP_ALIVE_MS,
  HTTP_SLOW_CLIENT_CHECK_MS,
} from "../limits.ts";
import { RunningRequests } from "../running-requests.ts";
import { NOT_FOUND, rawAnswer } from "./http-answers.ts";
import { HttpLane, sayLast } from "./http-lane.ts";
import { expectationFailed } from "./http-unreadable.ts";

export interface ConnectionsOptions {
  /** How long a client may take over sending a request. */
  readonly requestMs: number;
  /** How long a client may read nothing of an answer that waits for it. */
  readonly answerMs: number;
  /** Connections at a time; one more is closed at once. */
  readonly connectionsMax: number;
}

/** The requests that run and the servers they run on: one, or two where `localhost` has two addresses. */
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
      // Asked for by the door itself, because Node's refusal says nothing.
      requireHostHeader: false,
    });
    server.maxConnections = connectionsMax;
    server.on("request", (request, response) => {
      const begin = (): void => handler(request, response);
      this.#laneOf(request.socket).take({ request, response, begin });
    });
    server.on("checkExpectation", (request, response) => {
      const begin = (): void => expectationFailed(response);
      this.#laneOf(request.socket).take({ request, response, begin });
    });
    server.on("clientError", (cause, socket) => this.#laneOf(socket as Socket).refuse(cause, requestMs));
    server.setTimeout(answerMs, (socket) => this.#laneOf(socket).timedOut());
    // A tunnel, which no route has. Node leaves the socket alone with us, with all its errors.
    server.on("connect", (_request, socket) => {
      socket.on("error", () => undefined);
      sayLast(socket, rawAnswer(404, NOT_FOUND));
    });
    this.#servers.push(server);
    return server;
  }

  /** Aborts when the caller of `request` goes away before it has its answer. */
  goneOf(request: IncomingMessage): AbortSignal {
    return this.#laneOf(request.socket).goneOf(request);
  }

  /** Resolves when every request has ended, and ends those that have not after `ms`. */
  async endWithin(ms: number): Promise<void> {
    await isWithin(ms, this.#running.none());
    // Idle ones too: a client's connection without a request would keep the server open.
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
