import { CACHE_HOLD_OFF_MS, CACHED_ABSENCE_MS, CACHED_ROW_MS, READ_TIMEOUT_MS } from "../limits.ts";
import type { Cache } from "./cache.ts";

/** The cached text for a row that does not exist, as in go-zero. */
const ABSENT = "*";

/** The cache did not confirm that it dropped a row. `onTrouble` has heard why. */
export class NotDroppedError extends Error {
  override readonly name = "NotDroppedError";
}

/** How to read rows of one kind through a cache. */
export interface CachedReadsOptions<Id, Row> {
  readonly cache: Cache;
  /** go-zero's key of a row. */
  readonly keyOf: (id: Id) => string;
  readonly encode: (row: Row) => string;
  /** Undefined for a text that this service did not write; it counts as not cached. */
  readonly decode: (text: string) => Row | undefined;
  /** Reads the database; undefined when there is no such row. */
  readonly load: (id: Id) => Promise<Row | undefined>;
  /** Hears of errors of the cache; reads go on without the cache. */
  readonly onTrouble: (error: unknown) => void;
  readonly nowMs?: () => number;
}

/**
 * Cache-aside: a read looks into the cache first, and caches the row that it gets from the database, or that there is
 * none. Whoever changes a row calls `drop` after the commit.
 *
 * - R1: for each key the database is read once at a time; further readers share that read.
 * - R2: a read that begins after a `drop` has resolved sees the database as it was at the drop or later.
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

  /** Drops the row from the cache. @throws NotDroppedError when the cache may still have the row: then call it again */
  async drop(id: Id): Promise<void> {
    const { keyOf, cache, onTrouble } = this.#options;
    const key = keyOf(id);
    try {
      await cache.drop(key);
    } catch (cause) {
      onTrouble(cause);
      throw new NotDroppedError("The cache could not be told to forget a row.", { cause });
    } finally {
      this.#flights.delete(key); // R2: only readers that came before the drop may share an earlier read.
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
    // A row that took longer may be from before a drop whose hold-off has ended already.
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
