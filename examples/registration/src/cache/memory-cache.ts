import { CACHE_HOLD_OFF_MS, CACHE_KEYS_MAX } from "../limits.ts";
import type { Cache } from "./cache.ts";

/** A cache in the process, for a service with one instance: several instances would not see each other's drops. */
export class MemoryCache implements Cache {
  readonly name = "memory";
  readonly #entries = new Map<string, { readonly text: string; readonly until: number }>();
  /** For each key, the end of its hold-off; the first to end comes first. */
  readonly #held = new Map<string, number>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  async get(key: string): Promise<string | undefined> {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until > this.#nowMs()) return entry?.text;
    this.#entries.delete(key);
    return undefined;
  }

  async fill(key: string, text: string, { ttlMs }: { readonly ttlMs: number }): Promise<void> {
    this.#endHolds();
    if (this.#held.has(key)) return; // C1
    this.#entries.delete(key);
    this.#entries.set(key, { text, until: this.#nowMs() + ttlMs });
    if (this.#entries.size <= CACHE_KEYS_MAX) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  async drop(key: string): Promise<void> {
    this.#endHolds();
    this.#entries.delete(key);
    this.#held.delete(key);
    this.#held.set(key, this.#nowMs() + CACHE_HOLD_OFF_MS);
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {
    this.#entries.clear();
  }

  #endHolds(): void {
    for (const [key, until] of this.#held) {
      if (until > this.#nowMs()) return;
      this.#held.delete(key);
    }
  }
}
