/**
 * The HTTP door's sockets: the requests that run on them, and what becomes of a connection on which nothing readable
 * arrives.
 *
 * - H1: What was taken in is answered, whatever follows it on its connection.
 * - H2: A connection has one answer for each request, and at most one for what could not be read.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  HTTP_HEADER_BYTES_MAX,
  HTTP_HEADERS_TIMEOUT_MS,
  HTTP_KEEP_ALIVE_MS,
  HTTP_LINGER_MS,
  HTTP_SLOW_CLIENT_CHECK_MS,
} from "../limits.ts";
import { RunningRequests } from "../running-requests.ts";
import { NOT_FOUND, rawAnswer } from "./http-answers.ts";
import { expectationFailed, unreadable } from "./http-unreadable.ts";

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What is known of one connection. */
interface Lane {
  /** In the order in which they came. */
  readonly unanswered: Set<Exchange>;
  latest: IncomingMessage | undefined;
  /** Something unreadable came, and there is nothing more to say. */
  isEnding: boolean;
}

export interface ConnectionsOptions {
  /** How long a client may take over sending a request. */
  readonly requestMs: number;
  /** Connections at a time; one more is closed at once. */
  readonly connectionsMax: number;
}

/** The requests that run and the servers they run on: one, or two where `localhost` has two addresses. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #servers: Server[] = [];
  readonly #running = new RunningRequests();
  readonly #lanes = new WeakMap<Socket, Lane>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  serverFor(handler: RequestListener): Server {
    const { connectionsMax, requestMs } = this.#options;
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
      this.#begin({ request, response });
      handler(request, response);
    });
    server.on("checkExpectation", (request, response) => {
      this.#begin({ request, response });
      expectationFailed(response);
    });
    server.on("clientError", (cause, socket) => this.#refuse(cause, socket as Socket));
    // A tunnel, which no route has. Node leaves the socket alone with us, with all its errors.
    server.on("connect", (_request, socket) => {
      socket.on("error", () => undefined);
      sayLast(socket, rawAnswer(404, NOT_FOUND));
    });
    this.#servers.push(server);
    return server;
  }

  /** Resolves when every request has ended, and ends those that have not after `ms`. */
  async endWithin(ms: number): Promise<void> {
    await this.#running.noneWithin(ms);
    // Idle ones too: a client's connection without a request would keep the server open.
    for (const server of this.#servers) server.closeAllConnections();
  }

  /** Answers what is not HTTP, or too long, or too slow, and ends its connection; H1 and H2. */
  #refuse(cause: Error & { readonly code?: string }, socket: Socket): void {
    const lane = this.#laneOf(socket);
    if (cause.code === "ECONNRESET" || (!lane.isEnding && !socket.writable)) {
      socket.destroy();
      return;
    }
    // The parser complains of every further piece.
    if (lane.isEnding) return;
    lane.isEnding = true;
    const last = [...lane.unanswered].findLast(({ request }) => request.complete);
    if (last !== undefined) {
      endAfter(last.response, socket);
      return;
    }
    const answer = unreadable(cause, this.#stateOf(lane, socket));
    if (answer === undefined) socket.destroy();
    else sayLast(socket, rawAnswer(answer.status, answer.error));
  }

  #begin(exchange: Exchange): void {
    const lane = this.#laneOf(exchange.request.socket);
    lane.latest = exchange.request;
    lane.unanswered.add(exchange);
    this.#running.begin();
    exchange.response.once("close", () => {
      lane.unanswered.delete(exchange);
      this.#running.end();
    });
  }

  #laneOf(socket: Socket): Lane {
    const known = this.#lanes.get(socket);
    if (known !== undefined) return known;
    const lane: Lane = { unanswered: new Set(), latest: undefined, isEnding: false };
    this.#lanes.set(socket, lane);
    return lane;
  }

  #stateOf({ latest, unanswered }: Lane, socket: Socket): Parameters<typeof unreadable>[1] {
    const isInBody = latest !== undefined && !latest.complete;
    return {
      requestMs: this.#options.requestMs,
      isSilent: socket.bytesRead === 0,
      isInBody,
      // It was answered before it had been read, for example with 404.
      isAnswered: isInBody && unanswered.size === 0,
    };
  }
}

/** Ends our side, and the connection a little later: a peer that is still sending would else lose the answer. */
function sayLast(socket: Duplex, answer: string): void {
  socket.end(answer);
  const timer = setTimeout(() => socket.destroy(), HTTP_LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

/** The answer that is still to come is the connection's last one, and says so. */
function endAfter(response: ServerResponse, socket: Socket): void {
  if (!response.headersSent) response.setHeader("connection", "close");
  response.once("close", () => socket.destroySoon());
}
