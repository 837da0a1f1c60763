/**
 * Turns for requests whose answers are large: lists, and transactions with all their branches. Reading and writing them
 * holds the event loop for milliseconds each, and an answer that its client has not read takes memory.
 *
 * - T1: One such answer is made at a time, and other work gets as much time as the one before took. The connections
 *   take turns: a connection asks for its next turn when it has had its earlier answers.
 * - T2: At most `LISTS_UNREAD_MAX` such answers wait for clients who have not read them.
 * - T3: Nothing is made for a client that has gone.
 */
import type { ServerResponse } from "node:http";
import { LockstepError } from "@lockstep/protocol";
import { LIST_PAUSE_MS_MAX, LISTS_UNREAD_MAX, LISTS_WAITING_MAX } from "../limits.ts";

/** Who asks for a turn. */
export interface TurnOf {
  readonly response: ServerResponse;
  /** Aborts when the client goes away. */
  readonly gone: AbortSignal;
}

export class ListTurns {
  readonly #line: Array<() => void> = [];
  /** An answer is being made, or other work has its time after one. */
  #isTaken = false;
  #unreadCount = 0;

  /** What `make` answers; undefined when the client has gone. @throws LockstepError `overloaded` */
  async take<Made>({ response, gone }: TurnOf, make: () => Promise<Made>): Promise<Made | undefined> {
    await this.#turn();
    if (gone.aborted) {
      this.#pass();
      return undefined;
    }
    this.#unreadCount += 1;
    response.once("close", () => {
      this.#unreadCount -= 1;
      this.#callNext();
    });
    const startedMs = performance.now();
    try {
      return await make();
    } finally {
      const tookMs = Math.min(performance.now() - startedMs, LIST_PAUSE_MS_MAX);
      setTimeout(() => this.#pass(), tookMs);
    }
  }

  /** Resolves when the turn has come; it is taken then. */
  #turn(): Promise<void> {
    if (this.#line.length >= LISTS_WAITING_MAX) {
      throw new LockstepError(
        "overloaded",
        `${LISTS_WAITING_MAX} requests for lists wait for their turns; ask again later.`,
      );
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#line.push(resolve);
    this.#callNext();
    return promise;
  }

  #pass(): void {
    this.#isTaken = false;
    this.#callNext();
  }

  #callNext(): void {
    if (this.#isTaken || this.#unreadCount >= LISTS_UNREAD_MAX) return;
    const next = this.#line.shift();
    if (next === undefined) return;
    this.#isTaken = true;
    next();
  }
}
