import { ADDRESS_ASIDE_MS } from "./limits.ts";

/** Draws a number from 0 up to and without 1, as `Math.random` does. */
export type Rng = () => number;

/** A clock in milliseconds that never goes back, as `performance.now`. Where it starts does not matter. */
export type MonotonicMs = () => number;

/** Gives addresses in turn (round robin) and passes over those that failed of late. It knows no etcd and makes no call. */
export class Rotation {
  readonly #nowMs: MonotonicMs;
  readonly #asideUntilMs = new Map<string, number>();
  #addresses: readonly string[] = [];
  #turn: number;

  /** `rng` draws where to begin, so that many clients do not all begin with the same address. */
  constructor(ports: { readonly nowMs: MonotonicMs; readonly rng: Rng }) {
    this.#nowMs = ports.nowMs;
    this.#turn = Math.floor(ports.rng() * Number.MAX_SAFE_INTEGER * 0.5);
  }

  /** The addresses in use, with those that are set aside. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Replaces the addresses. One that was set aside and is still there stays set aside. */
  replace(addresses: readonly string[]): void {
    this.#addresses = [...addresses];
    for (const address of this.#asideUntilMs.keys()) {
      if (!addresses.includes(address)) this.#asideUntilMs.delete(address);
    }
  }

  /** The next address that is not set aside. When all are set aside, the next of all; when there is none, undefined. */
  next(): string | undefined {
    const nowMs = this.#nowMs();
    const live = this.#addresses.filter((address) => (this.#asideUntilMs.get(address) ?? nowMs) <= nowMs);
    const candidates = live.length > 0 ? live : this.#addresses;
    if (candidates.length === 0) return undefined;
    const address = candidates[this.#turn % candidates.length];
    this.#turn += 1;
    return address;
  }

  /** Sets `address` aside for `ADDRESS_ASIDE_MS`; an unknown one is ignored. */
  setAside(address: string): void {
    if (this.#addresses.includes(address)) this.#asideUntilMs.set(address, this.#nowMs() + ADDRESS_ASIDE_MS);
  }
}

/** `addresses` without repetitions; when there are more than `max`, so many drawn from them (partial Fisher-Yates). */
export function subsetOf(
  addresses: Iterable<string>,
  options: { readonly max: number; readonly rng: Rng },
): readonly string[] {
  const pool = [...new Set(addresses)];
  if (pool.length <= options.max) return pool;
  const chosen: string[] = [];
  while (chosen.length < options.max) {
    chosen.push(...pool.splice(Math.floor(options.rng() * pool.length), 1));
  }
  return chosen;
}
