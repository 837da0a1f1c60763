/**
 * Destinations that give no answer, and the transactions that wait for them.
 *
 * After a long outage each waiting transaction has a long pause before its next attempt. So the first good answer of the
 * destination wakes them all, and so does discovery's news of an instance. The calls tell how they ended; the dispatcher
 * owns this and wakes.
 *
 * `silent-destinations.ts` tells people of destinations by another rule, so neither is the other's source: there a 404 or
 * a 500 counts, too, calls are counted and not time, and nothing but an answer ends a silence.
 *
 * - O1: Only silence counts as an outage. A service that answers 404 or 500 is there, and would answer so again at once.
 * - O2: An answer within `OUTAGE_MS_MIN` wakes nobody: one of two instances is dead, or one op hangs while others go on.
 * - O3: A transaction is woken at most `EARLY_WAKES_MAX` times before it gets an answer itself.
 * - O4: At most `OUTAGE_WAITING_MAX` transactions are remembered. Those that wait the longest are forgotten first, and
 *   then wait for their next attempt as if nobody had answered.
 */
import type { BranchOutcome, Gid } from "../transaction/model.ts";
import type { OpPlace } from "../transaction/progress.ts";
import { EARLY_WAKES_MAX, OUTAGE_MS_MIN, OUTAGE_WAITING_MAX } from "./limits.ts";
import type { Clock, NotCalled } from "./ports.ts";

/** A transaction to wake, and its ops that wait for the destination. */
export interface Woken {
  readonly gid: Gid;
  readonly places: readonly OpPlace[];
}

interface Outage {
  readonly sinceMs: number;
  readonly waiting: Map<Gid, readonly OpPlace[]>;
}

/** Who called, and what. */
export interface Caller extends OpPlace {
  readonly gid: Gid;
}

export class Outages {
  readonly #clock: Pick<Clock, "elapsedMs">;
  readonly #wake: (woken: readonly Woken[]) => void;
  readonly #outages = new Map<string, Outage>();
  /** How often a transaction was woken since it last got an answer (O3). */
  readonly #wakes = new Map<Gid, number>();
  #waitingCount = 0;

  constructor(clock: Pick<Clock, "elapsedMs">, wake: (woken: readonly Woken[]) => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** A call has ended. */
  heard(destination: string, { gid, branch, op }: Caller, outcome: BranchOutcome | NotCalled): void {
    if (outcome.kind === "notCalled") return;
    if (outcome.kind !== "unknown") this.#answered(destination, gid);
    else if (outcome.trait === "noAnswer") this.#silent(destination, gid, { branch, op }); // O1
  }

  /** Discovery has found an instance of the destination. */
  found(destination: string): void {
    this.#end(destination, 0);
  }

  /** The transaction has ended, or waits for a person. */
  forget(gid: Gid): void {
    this.#wakes.delete(gid);
  }

  #answered(destination: string, gid: Gid): void {
    if (this.#wakes.size > 0) this.#wakes.delete(gid);
    if (this.#outages.size > 0) this.#end(destination, OUTAGE_MS_MIN);
  }

  #silent(destination: string, gid: Gid, place: OpPlace): void {
    if ((this.#wakes.get(gid) ?? 0) >= EARLY_WAKES_MAX) return;
    let outage = this.#outages.get(destination);
    if (outage === undefined) {
      outage = { sinceMs: this.#clock.elapsedMs(), waiting: new Map() };
      this.#outages.set(destination, outage);
    }
    const places = outage.waiting.get(gid);
    if (places === undefined) this.#waitingCount += 1;
    outage.waiting.set(gid, [...(places ?? []).filter((known) => !isSame(known, place)), place]);
    if (this.#waitingCount > OUTAGE_WAITING_MAX) this.#forgetOldest();
  }

  /** Ends the outage, and wakes who waits when it has lasted this long. */
  #end(destination: string, lastedMsMin: number): void {
    const outage = this.#outages.get(destination);
    if (outage === undefined) return;
    this.#outages.delete(destination);
    this.#waitingCount -= outage.waiting.size;
    if (this.#clock.elapsedMs() - outage.sinceMs < lastedMsMin) return; // O2
    const woken = [...outage.waiting].map(([gid, places]) => ({ gid, places }));
    for (const { gid } of woken) this.#wakes.set(gid, (this.#wakes.get(gid) ?? 0) + 1);
    if (this.#wakes.size > OUTAGE_WAITING_MAX) this.#wakes.clear(); // O4: then they may be woken more often.
    this.#wake(woken);
  }

  #forgetOldest(): void {
    for (const [destination, { waiting }] of this.#outages) {
      const [gid] = waiting.keys();
      if (gid !== undefined && waiting.delete(gid)) this.#waitingCount -= 1;
      if (waiting.size === 0) this.#outages.delete(destination);
      return;
    }
  }
}

function isSame(one: OpPlace, other: OpPlace): boolean {
  return one.branch === other.branch && one.op === other.op;
}
