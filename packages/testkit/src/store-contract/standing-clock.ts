import type { EpochMs } from "../../../server/src/transaction/model.ts";

/** A clock that stands still until a test moves it. */
export class StandingClock {
  #now: number;

  /** Stands at 2026-01-01T00:00:00Z unless `now` is given. */
  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): EpochMs {
    return this.#now as EpochMs;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
