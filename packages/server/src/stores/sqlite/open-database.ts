import { closeSync, fsyncSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreFailure } from "../store-failure.ts";
import { checkUndamaged } from "./damage.ts";
import { checkNothingLost } from "./lost-flushes.ts";
import { migrate } from "./migrations.ts";
import { failureOfOpening } from "./sqlite-failure.ts";

/** How long opening waits for another coordinator that is about to end; an orderly close takes less. */
const OPEN_WAIT_MS = 1_000;

/** Payloads may be secret: only the user who runs the coordinator may read a new file. */
const FILE_MODE = 0o600;

/**
 * Opens the file for this process alone, makes the file when there is none, and brings its layout up to date.
 *
 * The operating system holds the lock, and frees it when the process ends in whatever way.
 *
 * `onDoubt` gets a sentence where nobody knows whether the file lost something.
 *
 * @throws StoreFailure
 */
export function openDatabase(
  path: string,
  onDoubt: (sentence: string) => void = () => undefined,
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    const doubt = checkNothingLost(path, OPEN_WAIT_MS);
    if (doubt !== undefined) onDoubt(doubt);
    createFile(path);
    database = new DatabaseSync(path, { timeout: OPEN_WAIT_MS });
    // Must come before anything else touches the file: so the write-ahead log needs no shared memory, and no other
    // process can open the file in between.
    database.exec("pragma locking_mode = exclusive");
    if (database.prepare("pragma journal_mode = wal").get()?.["journal_mode"] !== "wal") {
      throw new StoreFailure(
        `The disk of the database ${path} allows no write-ahead log; name a file on another.`,
      );
    }
    // With these a commit is on the disk when it returns. macOS needs fullfsync for that; elsewhere it changes nothing.
    database.exec("pragma synchronous = full; pragma fullfsync = on; pragma checkpoint_fullfsync = on");
    migrate(database, path);
    checkUndamaged(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw failureOfOpening(error, path);
  }
}

/** Makes the file, which SQLite would make readable for everybody. The write-ahead log gets the same mode. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", FILE_MODE));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
    throw error;
  }
  // The name of the file must be on the disk before any commit in it counts. Windows cannot and need not sync a folder.
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) throw error;
  } finally {
    closeSync(folder);
  }
}

/** A database file, as the system shows it. */
export interface FileFound {
  /** Which file it is. */
  readonly id: string;
  readonly inode: string;
  readonly bytes: number;
}

/** The file that stands at `path`; undefined when there is none. Costs 3 us. */
export function fileAt(path: string): FileFound | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return undefined;
  return { id: `${found.dev}:${found.ino}`, inode: `${found.ino}`, bytes: Number(found.size) };
}
