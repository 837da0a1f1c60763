/**
 * A cache of texts by key, as cache-aside needs it.
 *
 * - C1: after a `drop`, nobody can fill that key for `CACHE_HOLD_OFF_MS`. Otherwise a reader that read the database
 *   before the change could put the old row back, and it would stay.
 */
export interface Cache {
  /** The name for people: "memory" or "redis". */
  readonly name: string;
  get(key: string): Promise<string | undefined>;
  /** Stores `text` for `ttlMs`, unless the key is held off. */
  fill(key: string, text: string, options: { readonly ttlMs: number }): Promise<void>;
  /** Deletes the key and holds it off. Rejects when that is not certain. */
  drop(key: string): Promise<void>;
  /** Resolves when the cache answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
