/**
 * Places for transactions in flight, a bounded line in front of them, and a bound on the bytes of all of them (I10).
 *
 * A place and the bytes are reserved before a transaction is stored, so that what was accepted always has a place or a
 * turn in the line; recovery takes only places and bytes that are free.
 *
 * - S1: The bytes of a transaction count from its reservation, or from its claim, until `release`.
 */
import { RECOVERY_SHARE } from "./limits.ts";

export interface SlotLimits {
  readonly inFlightMax: number;
  readonly waitingMax: number;
  readonly inHandBytesMax: number;
}

/** What recovery may take on. */
export interface Room {
  readonly count: number;
  readonly bytes: number;
}

export class Slots {
  readonly #limits: SlotLimits;
  readonly #line: Array<() => boolean> = [];
  #inFlight = 0;
  /** Started, and waiting for a destination: they hold no place, and count as waiting. */
  #suspended = 0;
  /** Reserved and not yet in the line or in flight. */
  #reserved = 0;
  /** Of everything that is reserved, in the line, in flight or suspended (S1). */
  #bytes = 0;
  #isFilling = false;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#line.length + this.#suspended;
  }

  /**
   * Places that nobody uses or waits for, and bytes, for recovery: it leaves the last share of the turns and of the
   * bytes to new transactions, so that what waits for a service that hangs cannot take them all.
   */
  get room(): Room {
    const { inFlightMax, waitingMax, inHandBytesMax } = this.#limits;
    const places = inFlightMax - (this.#taken - this.#suspended);
    const forRecovery = inFlightMax + Math.floor(waitingMax * RECOVERY_SHARE);
    return {
      count: Math.max(0, Math.min(places, forRecovery - this.#taken)),
      bytes: Math.max(0, Math.floor(inHandBytesMax * RECOVERY_SHARE) - this.#bytes),
    };
  }

  get #taken(): number {
    return this.#inFlight + this.#line.length + this.#reserved + this.#suspended;
  }

  /** All places and turns are taken, or all bytes. */
  get isFull(): boolean {
    const { inFlightMax, waitingMax, inHandBytesMax } = this.#limits;
    return this.#taken >= inFlightMax + waitingMax || this.#bytes >= inHandBytesMax;
  }

  /**
   * Sets one place or turn aside, and bytes; false when all are taken. One transaction alone always fits, however large.
   */
  reserve(bytes: number): boolean {
    if (this.isFull) return false;
    if (this.#bytes > 0 && this.#bytes + bytes > this.#limits.inHandBytesMax) return false;
    this.#reserved += 1;
    this.#bytes += bytes;
    return true;
  }

  /** Gives a reservation back unused. */
  cancel(bytes: number): void {
    this.#reserved -= 1;
    this.#bytes -= bytes;
  }

  /** Uses a reservation: `start` is called in a free place at once, or when its turn comes. */
  enter(start: () => boolean): void {
    this.#reserved -= 1;
    this.#lineUp(start);
  }

  /** As `enter`, without a reservation: for what is stored already and was claimed. */
  line(bytes: number, start: () => boolean): void {
    this.#bytes += bytes;
    this.#lineUp(start);
  }

  /** Takes a place even where none is free: a person's request is not made to wait. */
  insist(): void {
    this.#inFlight += 1;
  }

  /** Counts the bytes of one that was claimed for a person (S1). */
  hold(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The transaction is out of hand, whichever way it ended (S1). */
  release(bytes: number): void {
    this.#bytes -= bytes;
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

  #lineUp(start: () => boolean): void {
    this.#line.push(start);
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
      while (this.#inFlight < this.#limits.inFlightMax) {
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
