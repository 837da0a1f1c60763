/**
 * Counts the flushes of one open database: in the database, and beside it (`flush-file.ts`).
 *
 * Only flushes with a write are counted. A claim, a renewal or a clean-up that is lost loses nothing.
 *
 * - C1: the file beside the database never tells of a flush that is not durable: it is written after the commit.
 * - C2: the count in the database is part of the flush that it counts.
 *
 * The table is made here and not by a migration, so that an earlier version can still open the file. That version does
 * not count, and the next start finds the count that it left.
 *
 * Measured with and without the count in turn, flush by flush, on two busy cores, in two to four runs each. The time of
 * a flush (median): with 64 creations and 64 updates 0.97 to 1.01 times as long, with one of each 1.02 to 1.04 times.
 * The CPU of a flush: 1.12 times for the large ones (5 us a saga), 1.3 times for the small ones.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { FlushFile, type FlushFileContent, type Stored } from "./flush-file.ts";

/** The database file, as the system shows it. */
type File = Pick<FlushFileContent, "bytes" | "inode">;

export class FlushCount {
  readonly #database: DatabaseSync;
  readonly #file: FlushFile;
  readonly #setCount: StatementSync;
  #stored: Stored;

  /** Begins to count in a database that was checked. From now on the database says that it is open. */
  constructor(database: DatabaseSync, path: string, { bytes, inode }: File) {
    this.#database = database;
    // An id is never used twice, so the highest one is the number of transactions that were created before.
    database.exec(`begin immediate;
      create table if not exists flush_count (id text not null, flushes integer not null,
        flushed_at integer not null, created integer not null, is_open integer not null);
      insert into flush_count select lower(hex(randomblob(16))), 0, 0,
        coalesce((select seq from sqlite_sequence where name = 'transactions'), 0), 1
        where not exists (select 1 from flush_count);
      update flush_count set is_open = 1;
      commit;
      pragma wal_checkpoint(passive)`);
    this.#setCount = database.prepare("update flush_count set flushes = ?, flushed_at = ?, created = ?");
    this.#stored = storedIn(database);
    this.#file = new FlushFile(path, { ...this.#stored, bytes, inode });
  }

  /** Counts the flush of the transaction that is open; give the answer to `tell` after the commit. */
  count(flush: { readonly now: number; readonly created: number }): Stored {
    const { id, flushes, created } = this.#stored;
    const next = { id, flushes: flushes + 1, flushedAt: flush.now, created: created + flush.created };
    this.#setCount.run(next.flushes, next.flushedAt, next.created);
    return next;
  }

  /** Tells the file of a flush that is durable. Never throws. */
  tell(counted: Stored, { bytes, inode }: File): void {
    this.#stored = counted;
    try {
      this.#file.write({ ...counted, bytes, inode });
    } catch {
      // The callers of this flush must hear that it is durable. A count that is too low refuses no start.
    }
  }

  /** Says in the database that it was closed in order. Never throws. */
  close(): void {
    try {
      this.#database.exec("update flush_count set is_open = 0");
    } catch {
      // A full disk must not keep the database from being closed. It then looks like one that was left by a crash.
    }
    this.#file.close();
  }
}

function storedIn(database: DatabaseSync): Stored {
  const row = database.prepare("select id, flushes, flushed_at, created from flush_count").get() ?? {};
  return {
    id: String(row["id"]),
    flushes: Number(row["flushes"]),
    flushedAt: Number(row["flushed_at"]),
    created: Number(row["created"]),
  };
}
