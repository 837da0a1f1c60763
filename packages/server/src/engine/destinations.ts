/**
 * Turns to call a destination: each has so many calls at a time, and a line of its own (I9).
 *
 * Owns the counts and the lines. A drive asks before each call; while all its calls stand in lines it gives its
 * place among those in flight to others, so that one service that hangs holds back only those who need it.
 */

import { invariant } from "../transaction/invariant.ts";

interface Line {
  outCount: number;
  /** In the order of arrival; made by the first that has to wait. */
  waiting: Set<() => boolean> | undefined;
}

export class Destinations {
  readonly #callsMax: number;
  readonly #lines = new Map<string, Line>();
  #waitingCount = 0;

  constructor({ callsPerDestinationMax }: { readonly callsPerDestinationMax: number }) {
    this.#callsMax = callsPerDestinationMax;
  }

  /** Nobody stands in any line. */
  get isQuiet(): boolean {
    return this.#waitingCount === 0;
  }

  /** How many calls stand in line for it. */
  waitingFor(destination: string): number {
    return this.#lines.get(destination)?.waiting?.size ?? 0;
  }

  /** Takes a turn at once when one is free; `leave` gives it back. */
  enter(destination: string): boolean {
    let line = this.#lines.get(destination);
    if (line === undefined) {
      line = { outCount: 0, waiting: undefined };
      this.#lines.set(destination, line);
    }
    if (line.outCount >= this.#callsMax) return false;
    line.outCount += 1;
    return true;
  }

  /**
   * Stands in line after `enter` answered false: `granted` is called with the turn taken, and answers whether it uses
   * it. Answers how to step out.
   */
  wait(destination: string, granted: () => boolean): () => void {
    const line = this.#lines.get(destination);
    invariant(line !== undefined, "who waits has found all turns taken");
    const waiting = line.waiting ?? new Set();
    line.waiting = waiting.add(granted);
    this.#waitingCount += 1;
    return () => void this.#stepOut(waiting, granted);
  }

  /** Gives a turn back, to the next in line that uses it. */
  leave(destination: string): void {
    const line = this.#lines.get(destination);
    invariant(line !== undefined, "who leaves has had a turn");
    for (const granted of line.waiting ?? []) {
      this.#stepOut(line.waiting, granted);
      if (granted()) return;
    }
    line.outCount -= 1;
    if (line.outCount === 0) this.#lines.delete(destination);
  }

  #stepOut(waiting: Line["waiting"], granted: () => boolean): void {
    if (waiting?.delete(granted) === true) this.#waitingCount -= 1;
  }
}
