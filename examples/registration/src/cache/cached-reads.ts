import { CACHE_HOLD_OFF_MS, CACHED_ABSENCE_MS, CACHED_ROW_MS, READ_TIMEOUT_MS } from "../limits.ts";
import type { Cache } from "./cache.ts";

/** What stands in the cache for a row that is not there; go-zero's word. */
const ABSENT = "*";

/** A cache could not be told to forget a row. Whoever watches the cache has heard why. */
export class NotDroppedError extends Error {
  override readonly name = "NotDroppedError";
}

/** How rows of one kind are read through a cache. */
export interface CachedReadsOptions<Id, Row> {
  readonly cache: Cache;
  /** go-zero's key of a row. */
  readonly keyOf: (id: Id) => string;
  readonly encode: (row: Row) => string;
  /** Undefined for what this service did not write: it counts as not cached. */
  readonly decode: (text: string) => Row | undefined;
  /** Reads the database; undefined when there is no such row. */
  readonly load: (id: Id) => Promise<Row | undefined>;
  /** Hears of a cache that does not work; reads go on without it. */
  readonly onTrouble: (error: unknown) => void;
  readonly nowMs?: () => number;
}

/**
 * Cache-aside: reads go to the cache first and remember what the database said, also that it said nothing; whoever
 * changes a row calls `drop` after the commit.
 *
 * - R1: one read of the database per key at a time; who comes meanwhile shares it.
 * - R2: who reads after a `drop` has resolved sees the database as it was at the drop or later.
 */
export class CachedReads<Id, Row> {
  readonly #options: CachedReadsOptions<Id, Row>;
  readonly #nowMs: () => number;
  readonly #flights = new Map<string, Promise<Row | undefined>>();

  constructor(options: CachedReadsOptions<Id, Row>) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** The row, or undefined. Rejects when the database does. */
  read(id: Id): Promise<Row | undefined> {
    const key = this.#options.keyOf(id);
    const flying = this.#flights.get(key);
    if (flying !== undefined) return flying; // R1
    const flight = this.#read(id, key).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }

  /** Forgets the row. @throws NotDroppedError when the cache may still have it: then call it again */
  async drop(id: Id): Promise<void> {
    const { keyOf, cache, onTrouble } = this.#options;
    const key = keyOf(id);
    try {
      await cache.drop(key);
    } catch (cause) {
      onTrouble(cause);
      throw new NotDroppedError("The cache could not be told to forget a row.", { cause });
    } finally {
      this.#flights.delete(key); // R2: a flight from before the change is for those who are on it.
    }
  }

  async #read(id: Id, key: string): Promise<Row | undefined> {
    const { cache, decode, encode, load, onTrouble } = this.#options;
    const cached = await cache.get(key).catch(onTrouble);
    if (cached === ABSENT) return undefined;
    const known = typeof cached === "string" ? decode(cached) : undefined;
    if (known !== undefined) return known;

    const startedAt = this.#nowMs();
    const row = await load(id);
    // A read that took longer may be from before a drop whose hold-off has ended.
    if (this.#nowMs() - startedAt > READ_TIMEOUT_MS) return row;
    const text = row === undefined ? ABSENT : encode(row);
    await cache
      .fill(key, text, { ttlMs: row === undefined ? CACHED_ABSENCE_MS : CACHED_ROW_MS })
      .catch(onTrouble);
    return row;
  }
}

if (READ_TIMEOUT_MS >= CACHE_HOLD_OFF_MS) {
  throw new Error("A read that may fill the cache must end before a hold-off does.");
}
