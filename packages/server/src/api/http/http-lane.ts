/**
 * One connection of the HTTP door: the requests on it, in the order in which they came.
 *
 * - H1: What was taken in is answered, whatever follows it on its connection.
 * - H2: A connection has one answer for each request, and at most one for what could not be read.
 * - H3: At most `HTTP_PIPELINED_MAX` requests of a connection run at a time. While so many run, or while an answer
 *   waits for its reader, the next request is not begun, and nothing more is read from the connection. What was read
 *   already with one piece of data is kept and begun later.
 * - H4: A peer that takes no byte of an answer for `answerMs` is cut off.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { HTTP_LINGER_MS, HTTP_PIPELINED_MAX } from "../limits.ts";
import type { RunningRequests } from "../running-requests.ts";
import { rawAnswer } from "./http-answers.ts";
import { type ConnectionState, unreadable } from "./http-unreadable.ts";

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Hands the request to whoever answers it. */
  readonly begin: () => void;
}

export class HttpLane {
  readonly #socket: Socket;
  readonly #running: RunningRequests;
  /** In the order in which they came, those that are held back too. */
  readonly #unanswered = new Map<IncomingMessage, Exchange>();
  readonly #held: Exchange[] = [];
  readonly #gone = new Map<IncomingMessage, AbortController>();
  #latest: IncomingMessage | undefined;
  #isPaused = false;
  /** Something unreadable came, and there is nothing more to say. */
  #isEnding = false;

  constructor(socket: Socket, running: RunningRequests) {
    this.#socket = socket;
    this.#running = running;
    // Whoever reads a body makes Node read on from the whole connection.
    socket.on("resume", () => {
      if (this.#isPaused) socket.pause();
    });
  }

  /** Takes a request in: begins it, or holds it back until those before it are answered (H3). */
  take(exchange: Exchange): void {
    const { request, response } = exchange;
    this.#latest = request;
    this.#unanswered.set(request, exchange);
    this.#running.begin();
    response.once("close", () => {
      if (!response.writableFinished) this.#gone.get(request)?.abort();
      this.#ended(request);
      this.#beginNext();
    });
    this.#held.push(exchange);
    this.#beginNext();
  }

  /** Aborts when the caller of this request goes away before it has its answer. */
  goneOf(request: IncomingMessage): AbortSignal {
    const known = this.#gone.get(request);
    if (known !== undefined) return known.signal;
    const gone = new AbortController();
    if (this.#unanswered.has(request)) this.#gone.set(request, gone);
    else gone.abort();
    return gone.signal;
  }

  /**
   * Nothing came and nothing went for a while: ends a connection whose peer does not read (H4), or that is kept for a
   * next request in vain. Node looks after those whose first request does not arrive.
   */
  timedOut(): void {
    const isUnread = this.#socket.writableLength > 0;
    const isIdle = this.#latest !== undefined && this.#unanswered.size === 0;
    if (isUnread || isIdle) this.#socket.destroy();
  }

  /** Answers what is not HTTP, or too long, or too slow, and ends the connection; H1 and H2. */
  refuse(cause: Error & { readonly code?: string }, requestMs: number): void {
    const socket = this.#socket;
    if (cause.code === "ECONNRESET" || (!this.#isEnding && !socket.writable)) {
      socket.destroy();
      return;
    }
    // The parser complains of every further piece.
    if (this.#isEnding) return;
    this.#isEnding = true;
    const last = [...this.#unanswered.values()].findLast(({ request }) => request.complete);
    if (last !== undefined) {
      endAfter(last.response, socket);
      return;
    }
    const answer = unreadable(cause, this.#stateOf(requestMs));
    if (answer === undefined) socket.destroy();
    else sayLast(socket, rawAnswer(answer.status, answer.error));
  }

  #stateOf(requestMs: number): ConnectionState {
    const isInBody = this.#latest !== undefined && !this.#latest.complete;
    return {
      requestMs,
      isSilent: this.#socket.bytesRead === 0,
      isInBody,
      // It was answered before it had been read, for example with 404.
      isAnswered: isInBody && this.#unanswered.size === 0,
    };
  }

  get #isFull(): boolean {
    const begunCount = this.#unanswered.size - this.#held.length;
    return begunCount >= HTTP_PIPELINED_MAX || this.#socket.writableNeedDrain;
  }

  #beginNext(): void {
    while (!this.#isFull && !this.#socket.destroyed) {
      const next = this.#held.shift();
      if (next === undefined) break;
      next.begin();
    }
    const isPaused = this.#isFull;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#socket.pause();
    else this.#socket.resume();
  }

  #ended(request: IncomingMessage): void {
    this.#gone.delete(request);
    if (this.#unanswered.delete(request)) this.#running.end();
  }
}

/** Ends our side, and the connection a little later: a peer that is still sending would else lose the answer. */
export function sayLast(socket: Duplex, answer: string): void {
  socket.end(answer);
  const timer = setTimeout(() => socket.destroy(), HTTP_LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

/** The answer that is still to come is the connection's last one, and says so. */
function endAfter(response: ServerResponse, socket: Socket): void {
  if (!response.headersSent) response.setHeader("connection", "close");
  response.once("close", () => socket.destroySoon());
}
