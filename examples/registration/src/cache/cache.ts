/**
 * A cache of texts by key, as cache-aside needs it.
 *
 * - C1: after a `drop`, nothing is filled under that key for `CACHE_HOLD_OFF_MS`: a reader that had read before the
 *   change would otherwise put back what it saw, and it would stay.
 */
export interface Cache {
  /** For people: "memory" or "redis". */
  readonly name: string;
  get(key: string): Promise<string | undefined>;
  /** Stores `text` for `ttlMs`, unless the key is held off. */
  fill(key: string, text: string, options: { readonly ttlMs: number }): Promise<void>;
  /** Takes the key away and holds it off. Rejects when that is not certain. */
  drop(key: string): Promise<void>;
  /** Resolves when it answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
