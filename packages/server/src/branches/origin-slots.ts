import type { Cutoff } from "./cutoff.ts";

interface Slots {
  used: number;
  /** Waiting calls in the order of their arrival; a Set, so that a call that gives up leaves without a search. */
  readonly waiting: Set<() => void>;
}

/**
 * Limits how many calls one origin may have at a time, and lets further calls wait for a slot.
 *
 * The HTTP client could queue calls itself. But a call that gave up waiting would stay in its queue and still get a
 * connection in vain: when a dead service comes back, the client would work off the whole backlog.
 */
export class OriginSlots {
  readonly #slotsMax: number;
  readonly #origins = new Map<string, Slots>();

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  /** Takes a slot, and waits for one if need be; false if the call is cut off first. */
  take(origin: string, cutoff: Cutoff): boolean | Promise<boolean> {
    let slots = this.#origins.get(origin);
    if (slots === undefined) {
      slots = { used: 0, waiting: new Set() };
      this.#origins.set(origin, slots);
    }
    if (slots.used < this.#slotsMax) {
      slots.used += 1;
      return true;
    }
    const { waiting } = slots;
    return new Promise((resolve) => {
      const grant = (): void => {
        cutoff.listen(undefined);
        resolve(true);
      };
      waiting.add(grant);
      cutoff.listen(() => {
        waiting.delete(grant);
        resolve(false);
      });
    });
  }

  /** Gives a slot back; the call that has waited longest gets it. */
  release(origin: string): void {
    const slots = this.#origins.get(origin);
    if (slots === undefined) return;
    const [next] = slots.waiting;
    if (next !== undefined) {
      slots.waiting.delete(next);
      next();
      return;
    }
    slots.used -= 1;
    if (slots.used === 0) this.#origins.delete(origin);
  }
}
