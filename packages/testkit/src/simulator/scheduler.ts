/**
 * Time, and whatever waits for it, in the hand of a test or of a simulation.
 *
 * Owns a monotonic clock, a wall clock that can be set, the timers, and the queue of what is to be called soon. Code that
 * takes its time from here and does no real input or output runs the same way each time, however busy the machine is.
 *
 * - S1: Nothing runs by itself: `settle` and `advance` run it, one after the other.
 * - S2: `settle` returns only when nothing is left to run before time goes on: the queue is empty, and so is the engine's
 *   own queue of promises. How many turns that takes does not matter.
 * - S3: Timers fire in the order of their instants. Those of one instant, and what is queued, go first come first served;
 *   with a seed they go in an order that is drawn from it, the same for the same seed.
 */
import { seededRandom } from "./seeded-random.ts";

/** 2026-01-01T00:00:00Z, where the wall clock begins. */
const WALL_START_MS = Date.UTC(2026, 0, 1);

export interface SchedulerOptions {
  /** Draws the order of what could run at the same moment. Default: none, first come first served. */
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

  /** Calls `wake` once, `delayMs` from now at the earliest; the answer takes it back. */
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

  /** Time goes by on both clocks and no timer fires, as when a process was held still. */
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

  /** Settles, then moves on by `ms`, firing what falls due in its order and settling after each. */
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

  /** The next timer that fires until `endMs`. */
  #due(endMs: number): Timer | undefined {
    let firstMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#timers) firstMs = Math.min(firstMs, Math.max(atMs, this.#elapsedMs));
    if (firstMs > endMs) return undefined;
    return this.#take([...this.#timers].filter(({ atMs }) => Math.max(atMs, this.#elapsedMs) === firstMs));
  }

  /** Takes one out of those that could come next. */
  #take<T>(list: T[]): T | undefined {
    const index = this.#draw === undefined ? 0 : Math.floor(this.#draw() * list.length);
    return list.splice(index, 1)[0];
  }
}

/**
 * Every promise that can go on by itself has: between two turns of the event loop the engine runs its queue of promises
 * until it is empty, whatever each of them adds to it.
 */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
