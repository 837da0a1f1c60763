/**
 * Turns to call a destination: each has so many calls at a time, and a line of its own (I9).
 *
 * Owns the counts and the lines. A drive asks for a turn before each call. While all calls of a drive wait in lines,
 * the drive gives its place to another transaction: a service that hangs delays only the transactions that call it.
 */

import { invariant } from "../transaction/invariant.ts";

interface Line {
  outCount: number;
  /** In the order of arrival; made for the first call that has to wait. */
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

  /** How many calls stand in line for the destination. */
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
   * Waits in line after `enter` answered false. When a turn is free, it is taken and `granted` is called, which answers
   * whether it uses the turn. The answer of `wait` is a function that leaves the line.
   */
  wait(destination: string, granted: () => boolean): () => void {
    const line = this.#lines.get(destination);
    invariant(line !== undefined, "who waits has found all turns taken");
    const waiting = line.waiting ?? new Set();
    line.waiting = waiting.add(granted);
    this.#waitingCount += 1;
    return () => void this.#stepOut(waiting, granted);
  }

  /** Gives a turn back; the next in line that still wants a turn gets it. */
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
