/**
 * One connection of the HTTP door, with its requests in the order in which they came.
 *
 * - H1: A request that was read to its end gets its answer, whatever follows it on the connection.
 * - H2: A connection gets one answer for each request, and at most one for unreadable input.
 * - H3: At most `HTTP_PIPELINED_MAX` requests of a connection run at a time. While so many run, or while the peer does
 *   not read an answer, no further request begins, and the door reads nothing more from the connection. Requests that
 *   the same piece of data brought are kept and begin later.
 * - H4: The door cuts off a peer that takes no byte of an answer for `answerMs`.
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
  /** Hands the request to its handler. */
  readonly begin: () => void;
}

export class HttpLane {
  readonly #socket: Socket;
  readonly #running: RunningRequests;
  /** All requests without an answer, in the order in which they came; the held ones are among them. */
  readonly #unanswered = new Map<IncomingMessage, Exchange>();
  readonly #held: Exchange[] = [];
  readonly #gone = new Map<IncomingMessage, AbortController>();
  /** Requests that wait for the answers before theirs. */
  readonly #waiting = new Map<IncomingMessage, () => void>();
  #latest: IncomingMessage | undefined;
  #isPaused = false;
  /** Unreadable input came: the connection is about to end, and gets no further answer for it. */
  #isEnding = false;

  constructor(socket: Socket, running: RunningRequests) {
    this.#socket = socket;
    this.#running = running;
    // A handler that reads a body makes Node resume the whole connection, which must stay paused (H3).
    socket.on("resume", () => {
      if (this.#isPaused) socket.pause();
    });
  }

  /** Takes in a request: begins it, or holds it until earlier requests have their answers (H3). */
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

  /** Aborts when the caller of this request goes away before it gets the answer. */
  goneOf(request: IncomingMessage): AbortSignal {
    const known = this.#gone.get(request);
    if (known !== undefined) return known.signal;
    const gone = new AbortController();
    if (this.#unanswered.has(request)) this.#gone.set(request, gone);
    else gone.abort();
    return gone.signal;
  }

  /** Resolves when every earlier request of the connection has its answer, or its client has gone. */
  async firstOf(request: IncomingMessage): Promise<void> {
    const [first] = this.#unanswered.keys();
    if (first === request || !this.#unanswered.has(request)) return;
    await new Promise<void>((resolve) => this.#waiting.set(request, resolve));
  }

  /**
   * Answers a request instead of asking for its body, and ends the connection. A client that does not wait sends the
   * body all the same, so the door reads it and drops it.
   */
  async refuseBody(
    request: IncomingMessage,
    { answer, lingerMs }: { readonly answer: string; readonly lingerMs: number },
  ): Promise<void> {
    await this.firstOf(request);
    if (this.#isEnding || this.#socket.destroyed) return;
    this.#isEnding = true;
    request.resume();
    sayLast(this.#socket, answer, lingerMs);
    this.#ended(request);
  }

  /**
   * For a while no byte came or went: ends the connection when its peer does not read (H4), or when it waits in vain
   * for a next request. Node ends connections whose first request does not arrive.
   */
  timedOut(): void {
    const isUnread = this.#socket.writableLength > 0;
    const isIdle = this.#latest !== undefined && this.#unanswered.size === 0;
    if (isUnread || isIdle) this.#socket.destroy();
  }

  /** Answers input that is not HTTP, too long or too slow, and ends the connection (H1, H2). */
  refuse(cause: Error & { readonly code?: string }, requestMs: number): void {
    const socket = this.#socket;
    if (cause.code === "ECONNRESET" || (!this.#isEnding && !socket.writable)) {
      socket.destroy();
      return;
    }
    // The parser reports an error for every further piece of data.
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
      // The request had its answer before its body was read, for example a 404.
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
    this.#release(request);
    const [first] = this.#unanswered.keys();
    if (first !== undefined) this.#release(first);
  }

  #release(request: IncomingMessage): void {
    this.#waiting.get(request)?.();
    this.#waiting.delete(request);
  }
}

/**
 * Ends our side now and the connection a little later: otherwise a peer that is still sending would lose the answer.
 */
export function sayLast(socket: Duplex, answer: string, lingerMs = HTTP_LINGER_MS): void {
  socket.end(answer);
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(timer));
}

/** Makes `response`, which is still to come, the last answer of the connection; a header says so. */
function endAfter(response: ServerResponse, socket: Socket): void {
  if (!response.headersSent) response.setHeader("connection", "close");
  response.once("close", () => socket.destroySoon());
}
