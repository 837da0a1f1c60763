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
   * The places and bytes that recovery may take: those that nobody uses or waits for. Recovery leaves a share of the
   * line and of the bytes to new transactions, so that what waits for a hanging service cannot take everything.
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
   * Sets one place or turn aside, and bytes; false when all are taken. A transaction alone always fits, however large.
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

  /** As `enter`, without a reservation: for a transaction that recovery claimed. */
  line(bytes: number, start: () => boolean): void {
    this.#bytes += bytes;
    this.#lineUp(start);
  }

  /** Takes a place even when none is free: a person's request does not wait. */
  insist(): void {
    this.#inFlight += 1;
  }

  /** Counts the bytes of a transaction that was claimed for a person (S1). */
  hold(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The transaction is not in hand any more, however it ended (S1). */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** A transaction now waits for its destination: its place goes to the next in the line. */
  suspend(): void {
    this.#suspended += 1;
    this.leave();
  }

  /** Ends `suspend`. The transaction has begun already, so it gets a place at once, even when none is free. */
  resume(): void {
    this.#suspended -= 1;
    this.#inFlight += 1;
  }

  /** Frees the place of a transaction that has ended; the next in the line starts. */
  leave(): void {
    this.#inFlight -= 1;
    this.#fillPlaces();
  }

  #lineUp(start: () => boolean): void {
    this.#line.push(start);
    this.#fillPlaces();
  }

  /**
   * `start` answers false when it does not need its place any more. A transaction that starts may end at once and call
   * `leave`. The loop that runs already then fills that place too, so that a long line does not become a deep stack.
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
