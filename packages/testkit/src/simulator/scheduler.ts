/**
 * Lets a test or a simulation control time, and everything that waits for time.
 *
 * It owns a monotonic clock, a wall clock that can be set, the timers, and the queue of callbacks to call soon. Code
 * that takes its time from here and does no real input or output runs the same way each time, on a busy machine too.
 *
 * - S1: No callback runs by itself: `settle` and `advance` run them, one after the other.
 * - S2: `settle` returns only when nothing is left to run before time goes on: the queue is empty, and so is the
 *   JavaScript engine's queue of promises. How many turns that takes does not matter.
 * - S3: Timers fire in the order of their instants. Timers of one instant, and queued callbacks, run first come first
 *   served; with a seed their order is drawn, the same for the same seed.
 */
import { seededRandom } from "./seeded-random.ts";

/** 2026-01-01T00:00:00Z, where the wall clock begins. */
const WALL_START_MS = Date.UTC(2026, 0, 1);

export interface SchedulerOptions {
  /** Decides the order of callbacks that could run at the same moment. Default: none, first come first served. */
  readonly seed?: number;
}

interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
}

export class Scheduler {
  readonly #timers = new Set<Timer>();
  readonly #queue: Array<() => void> = [];
  readonly #draw: (() => number) | undefined;
  #elapsedMs = 0;
  #wallMs = WALL_START_MS;

  constructor({ seed }: SchedulerOptions = {}) {
    this.#draw = seed === undefined ? undefined : seededRandom(seed);
  }

  /** The wall clock's instant, in milliseconds since 1970. */
  nowMs(): number {
    return this.#wallMs;
  }

  /** The monotonic clock, in milliseconds. */
  elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** Calls `wake` once, `delayMs` from now at the earliest; the answer cancels that. */
  schedule(delayMs: number, wake: () => void): () => void {
    const timer: Timer = { atMs: this.#elapsedMs + delayMs, wake };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Calls `wake` once, before time goes on. */
  soon(wake: () => void): void {
    this.#queue.push(wake);
  }

  /** Sets the wall clock back (negative) or ahead. The monotonic clock and all timers stay as they are. */
  setWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Lets time go by on both clocks and fires no timer, as when the process was stopped. */
  hold(ms: number): void {
    this.#elapsedMs += ms;
    this.#wallMs += ms;
  }

  /** S2 */
  async settle(): Promise<void> {
    for (;;) {
      await promisesSettled();
      const next = this.#take(this.#queue);
      if (next === undefined) return;
      next();
    }
  }

  /** Settles, then moves time on by `ms`: fires the timers that fall due, in order, and settles after each. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await this.settle();
    for (let timer = this.#due(endMs); timer !== undefined; timer = this.#due(endMs)) {
      this.#timers.delete(timer);
      this.hold(Math.max(0, timer.atMs - this.#elapsedMs));
      timer.wake();
      await this.settle();
    }
    this.hold(Math.max(0, endMs - this.#elapsedMs));
    await this.settle();
  }

  /** The next timer that fires at `endMs` or before. */
  #due(endMs: number): Timer | undefined {
    let firstMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#timers) firstMs = Math.min(firstMs, Math.max(atMs, this.#elapsedMs));
    if (firstMs > endMs) return undefined;
    return this.#take([...this.#timers].filter(({ atMs }) => Math.max(atMs, this.#elapsedMs) === firstMs));
  }

  /** Takes the next of `list`, or a drawn one if there is a seed. */
  #take<T>(list: T[]): T | undefined {
    const index = this.#draw === undefined ? 0 : Math.floor(this.#draw() * list.length);
    return list.splice(index, 1)[0];
  }
}

/**
 * Resolves when no promise can go on by itself: between two turns of the event loop the JavaScript engine runs its
 * queue of promises until it is empty, with everything that they add to it.
 */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
