/**
 * Notices at the start that a database is not the one that was closed, or left by a crash: files that are missing,
 * shorter or older, and the file of another store.
 *
 * Nothing is changed on the disk before everything was checked, so that whoever put a file away can put it back.
 */
import { type BigIntStats, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { StoreFailure } from "../store-failure.ts";
import { type FlushFileContent, flushFileOf, readFlushFile, type Stored } from "./flush-file.ts";

/** The files of a database, before SQLite has touched them. */
interface FilesFound {
  readonly path: string;
  readonly database: BigIntStats | undefined;
  readonly walBytes: number;
  readonly told: FlushFileContent | undefined;
}

/** A write-ahead log that is not longer than its header holds nothing. */
const WAL_HEADER_BYTES = 32;

/**
 * Checks the database at `path`, which nobody has open. Answers a sentence for the log where the coordinator can go on
 * and cannot know whether something was lost.
 *
 * @throws StoreFailure when something was lost, or SQLite must not open these files; nothing was changed then
 */
export function checkNothingLost(path: string, openWaitMs: number): string | undefined {
  const told = readFlushFile(path);
  const readable = told === "unreadable" ? undefined : told;
  const found = {
    path,
    database: statOf(path),
    walBytes: Number(statOf(`${path}-wal`)?.size ?? 0),
    told: readable,
  };
  refuseFor(path, problemOfFiles(found));
  const stored = found.database?.size ? storedIn(found, openWaitMs) : undefined;
  if (readable !== undefined) refuseFor(path, problemOfStored(path, readable, stored));
  return doubtOf(found, stored, told);
}

function statOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

function refuseFor(path: string, problem: string | undefined): void {
  if (problem !== undefined) throw new StoreFailure(`${problem} ${wayOut(path)}`);
}

function wayOut(path: string): string {
  return (
    `Put the files back as they were. To go on with what is there now, delete ${flushFileOf(path)}; ` +
    'docs/operating.md says under "A file that lost something" what that means.'
  );
}

/** What can be seen without SQLite, which would empty a log whose database is empty. */
function problemOfFiles({ path, database, walBytes, told }: FilesFound): string | undefined {
  const bytes = Number(database?.size ?? 0);
  if (bytes === 0 && told !== undefined) {
    return `The database ${path} is ${database === undefined ? "gone" : "empty"}: ${told.flushes} flushes were stored in it, with ${told.created} transactions.`;
  }
  if (bytes === 0 && walBytes > WAL_HEADER_BYTES) {
    throw new StoreFailure(
      `The database ${path} is ${database === undefined ? "gone" : "empty"}, but its newest writes are still in ${path}-wal. Put the ` +
        `database back; or, to begin with an empty one, delete ${path}-wal.`,
    );
  }
  if (told !== undefined && bytes < told.bytes) {
    return `The database ${path} was cut: it has ${bytes} of ${told.bytes} bytes.`;
  }
  return undefined;
}

/** What a database says that was stored in it. */
interface CountedRow extends Stored {
  /** Nobody has closed the database in order. */
  readonly isOpen: boolean;
  /** `flushedAt` for people. */
  readonly newestAt: string;
  /** The same instant of the flush file. */
  readonly lastStoredAt: string;
}

const INSTANT = (ms: string): string => `strftime('%Y-%m-%dT%H:%M:%SZ', ${ms} / 1000, 'unixepoch')`;

/**
 * Reads the count through a connection of its own. With a log that holds something the connection is read-only: closing
 * any other would write the log into the database, even a log that does not belong to it.
 */
function storedIn(
  { path, database, walBytes, told }: FilesFound,
  openWaitMs: number,
): CountedRow | undefined {
  const readOnly = walBytes > WAL_HEADER_BYTES;
  const hadIndex = statOf(`${path}-shm`) !== undefined;
  const connection = new DatabaseSync(path, { readOnly, timeout: openWaitMs });
  try {
    // An older copy under a newer log: SQLite would mix the two.
    if (readOnly && told !== undefined && told.inode !== String(database?.ino)) checkWhole(connection, path);
    return countedIn(connection, told?.flushedAt ?? 0);
  } finally {
    connection.close();
    if (readOnly && !hadIndex) rmSync(`${path}-shm`, { force: true });
  }
}

function checkWhole(connection: DatabaseSync, path: string): void {
  const said = connection.prepare("pragma integrity_check(1)").get()?.["integrity_check"];
  if (said !== "ok")
    refuseFor(path, `${path}-wal is not the log of the database ${path}: together they are damaged.`);
}

/** Undefined for a database that only versions without a count have used. */
function countedIn(connection: DatabaseSync, toldAt: number): CountedRow | undefined {
  const hasTable = connection.prepare("select 1 from sqlite_schema where name = 'flush_count'").get();
  if (hasTable === undefined) return undefined;
  const row = connection
    .prepare(
      `select id, flushes, flushed_at, created, is_open,
         ${INSTANT("flushed_at")} as newest_at, ${INSTANT("?")} as last_at from flush_count`,
    )
    .get(toldAt);
  if (row === undefined) return undefined;
  return {
    id: String(row["id"]),
    flushes: Number(row["flushes"]),
    flushedAt: Number(row["flushed_at"]),
    created: Number(row["created"]),
    isOpen: row["is_open"] === 1,
    newestAt: String(row["newest_at"]),
    lastStoredAt: String(row["last_at"]),
  };
}

function problemOfStored(path: string, told: Stored, stored: CountedRow | undefined): string | undefined {
  if (stored?.id !== told.id) {
    return `The database ${path} is another one than the one that stood there, which had ${told.flushes} flushes with ${told.created} transactions.`;
  }
  const lost = told.flushes - stored.flushes;
  if (lost <= 0) return undefined;
  const gone = told.created - stored.created;
  return (
    `The database ${path} lacks the last ${lost} of ${told.flushes} flushes: the newest in it is of ${stored.newestAt}, and the last ` +
    `one that was stored of ${stored.lastStoredAt}. ${gone > 0 ? `${gone} transactions are gone, and others` : "Transactions"} are as ` +
    `they were earlier. Either ${path}-wal was deleted, cut or damaged, or an older copy was put in the place of the database.`
  );
}

/** Where nothing tells how much was stored. */
function doubtOf(
  { path, walBytes }: FilesFound,
  stored: CountedRow | undefined,
  told: FlushFileContent | "unreadable" | undefined,
): string | undefined {
  if (stored === undefined || (told !== undefined && told !== "unreadable")) return undefined;
  const file = flushFileOf(path);
  if (stored.isOpen && walBytes <= WAL_HEADER_BYTES) {
    return `the newest transactions of ${path} are lost: it was not closed in order, and ${path}-wal is missing; ${file}, which says how much was stored, ${isWhat(told)}`;
  }
  if (stored.isOpen || told === "unreadable") {
    return `nobody knows whether ${path} is complete, because ${file}, which says how much was stored, ${isWhat(told)}`;
  }
  return undefined;
}

function isWhat(told: "unreadable" | undefined): string {
  return told === undefined ? "is missing too" : "cannot be read";
}
