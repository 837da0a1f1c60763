/**
 * Places for transactions in flight, and a bounded line in front of them (I10).
 *
 * A place is reserved before a transaction is stored, so that what was accepted always has one or a turn in
 * the line; recovery takes only places that are free.
 */
import { DESTINATION_LINE_SHARE } from "./limits.ts";

export class Slots {
  readonly #inFlightMax: number;
  readonly #waitingMax: number;
  readonly #line: Array<() => boolean> = [];
  #inFlight = 0;
  /** Started, and waiting for a destination: they hold no place, and count as waiting. */
  #suspended = 0;
  /** Reserved and not yet in the line or in flight. */
  #reserved = 0;
  #isFilling = false;

  constructor(limits: { readonly inFlightMax: number; readonly waitingMax: number }) {
    this.#inFlightMax = limits.inFlightMax;
    this.#waitingMax = limits.waitingMax;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#line.length + this.#suspended;
  }

  /**
   * Places that nobody uses or waits for, for recovery: it leaves the last share of the turns to new ones, so that
   * what waits for a service that hangs cannot take them all.
   */
  get free(): number {
    const places = this.#inFlightMax - (this.#taken - this.#suspended);
    const forRecovery = this.#inFlightMax + Math.floor(this.#waitingMax * DESTINATION_LINE_SHARE);
    return Math.max(0, Math.min(places, forRecovery - this.#taken));
  }

  get #taken(): number {
    return this.#inFlight + this.#line.length + this.#reserved + this.#suspended;
  }

  /** All places and turns are taken. */
  get isFull(): boolean {
    return this.#taken >= this.#inFlightMax + this.#waitingMax;
  }

  /** Sets one place or turn aside; false when all are taken. */
  reserve(): boolean {
    if (this.isFull) return false;
    this.#reserved += 1;
    return true;
  }

  /** Gives a reservation back unused. */
  cancel(): void {
    this.#reserved -= 1;
  }

  /** Uses a reservation: `start` is called in a free place at once, or when its turn comes. */
  enter(start: () => boolean): void {
    this.#reserved -= 1;
    this.line(start);
  }

  /** As `enter`, without a reservation: for what is stored already and was claimed. */
  line(start: () => boolean): void {
    this.#line.push(start);
    this.#fillPlaces();
  }

  /** Takes a place even where none is free: a person's request is not made to wait. */
  insist(): void {
    this.#inFlight += 1;
  }

  /** Gives the place of one that waits for its destination to the next in the line. */
  suspend(): void {
    this.#suspended += 1;
    this.leave();
  }

  /** Its turn has come: it goes on at once, even where no place is free, as it has begun. */
  resume(): void {
    this.#suspended -= 1;
    this.#inFlight += 1;
  }

  /** Frees the place of one that has ended; the next in the line starts. */
  leave(): void {
    this.#inFlight -= 1;
    this.#fillPlaces();
  }

  /**
   * `start` answers false when it does not need its place any more. What starts may end at once and leave, so a
   * place that is left meanwhile is for the loop that runs: a long line must not become a deep stack.
   */
  #fillPlaces(): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    try {
      while (this.#inFlight < this.#inFlightMax) {
        const start = this.#line.shift();
        if (start === undefined) return;
        this.#inFlight += 1;
        if (!start()) this.#inFlight -= 1;
      }
    } finally {
      this.#isFilling = false;
    }
  }
}
