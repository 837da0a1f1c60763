import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";
import { makeFolder } from "./make-folder.ts";

/** The file holds names and password hashes: only the user who runs the service may read a new file. */
const FILE_MODE = 0o600;

/** How long SQLite waits for another process that has the file locked. */
const BUSY_TIMEOUT_MS = 2_000;

/** SQLite's codes for a duplicate key. */
const CONSTRAINT_PRIMARYKEY = 1_555;
const CONSTRAINT_UNIQUE = 2_067;

/** A SQLite file with two connections. */
export class SqliteFile {
  /** Only for the barrier, which keeps transactions open on it across turns of the event loop. */
  readonly writer: DatabaseSync;
  /** Sees only committed rows. */
  readonly #reader: DatabaseSync;

  /** Opens or creates the file, and creates its tables. */
  constructor(path: string, schema: readonly string[]) {
    makeFolder(dirname(path));
    createFile(path);
    this.writer = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    // FULL: an effect that a branch has confirmed must survive a power cut, or the saga would rely on a lost effect.
    for (const sql of ["pragma journal_mode = wal", "pragma synchronous = full", ...schema]) {
      this.writer.exec(sql);
    }
    this.#reader = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly: true });
  }

  /** The first row of a statement, or undefined. Integers are bigint. */
  read(sql: string, ...values: SQLInputValue[]): Record<string, SQLOutputValue> | undefined {
    const statement = this.#reader.prepare(sql);
    statement.setReadBigInts(true);
    return statement.get(...values);
  }

  close(): void {
    this.#reader.close();
    this.writer.close();
  }
}

/** Makes the file, which SQLite would make readable for everybody. The files that SQLite adds get the same mode. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", FILE_MODE));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** The kind of key that a statement violates; undefined for every other error. */
export function duplicateKindOf(error: unknown): "primary" | "unique" | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  if (error.errcode === CONSTRAINT_PRIMARYKEY) return "primary";
  return error.errcode === CONSTRAINT_UNIQUE ? "unique" : undefined;
}
