import { closeSync, fsyncSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreFailure } from "../store-failure.ts";
import { migrate } from "./migrations.ts";
import { failureOfOpening } from "./sqlite-failure.ts";

/** How long opening waits for a coordinator that is just ending. Longer than an orderly close of the file takes. */
const OPEN_WAIT_MS = 1_000;

/** Payloads may hold anything: only the user who runs the coordinator may read a new file. */
const FILE_MODE = 0o600;

/**
 * Opens the file for this process alone, makes it when it is not there, and brings its layout up to date.
 *
 * The lock is the operating system's: it goes with the process, however that ends.
 *
 * @throws StoreFailure
 */
export function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    createFile(path);
    database = new DatabaseSync(path, { timeout: OPEN_WAIT_MS });
    // Before anything else touches the file: then the write-ahead log needs no shared memory, and no other process
    // gets in between.
    database.exec("pragma locking_mode = exclusive");
    if (database.prepare("pragma journal_mode = wal").get()?.["journal_mode"] !== "wal") {
      throw new StoreFailure(
        `The disk of the database ${path} allows no write-ahead log; name a file on another.`,
      );
    }
    // A commit is on the disk when it returns; fullfsync is what that takes on macOS, and nothing elsewhere.
    database.exec("pragma synchronous = full; pragma fullfsync = on; pragma checkpoint_fullfsync = on");
    migrate(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw failureOfOpening(error, path);
  }
}

/** SQLite would make it readable for everybody. Its write-ahead log takes over the mode of the file. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", FILE_MODE));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
    throw error;
  }
  // The file's name must be on the disk before anything in it counts. Windows cannot sync a folder, and need not.
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) throw error;
  } finally {
    closeSync(folder);
  }
}

/** Which file stands at `path`; undefined when there is none. Costs 3 us. */
export function fileIdOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}
