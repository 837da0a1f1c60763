import type { Cutoff } from "./cutoff.ts";

interface Slots {
  used: number;
  /** In the order of their arrival; a Set, so that one who gives up leaves without a search. */
  readonly waiting: Set<() => void>;
}

/**
 * How many calls one origin may have at a time, and who waits for a place.
 *
 * The HTTP client would queue them itself, but what gave up waiting stays in its queue, and is given a
 * connection only to throw it away: the backlog of a dead service would be worked off when it comes back.
 */
export class OriginSlots {
  readonly #slotsMax: number;
  readonly #origins = new Map<string, Slots>();

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  /** Takes a slot, waiting for it if need be; false when cut off first. */
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

  /** Gives a slot back: to the one who waits longest, if anybody does. */
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
