import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The SQLite files of the embedded system, in its data folder. */
export const DATA_FILES = { users: "user.db", scores: "score.db", coordinator: "coordinator.db" } as const;

/** SQLite's code for a file that another process has open. */
const BUSY = 5;

/**
 * Deletes our own files, and no other file in the folder.
 *
 * It locks all of them before it deletes the first, and deletes the coordinator's file last: a system that starts on
 * the folder meanwhile opens that file first, and its lock keeps the system out until the other files are gone.
 *
 * @throws Error when a running system uses one of them; then all files stay as they are
 */
export function forgetData(dataFolder: string): void {
  const paths = Object.values(DATA_FILES).map((file) => join(dataFolder, file));
  const locks: Array<{ readonly path: string; readonly lock: DatabaseSync }> = [];
  try {
    for (const path of paths) if (existsSync(path)) locks.push({ path, lock: locked(path) });
    for (const { path, lock } of locks) {
      lock.close(); // Before it is deleted: Windows deletes no file that is open.
      for (const suffix of ["", "-wal", "-shm", "-journal", "-flushes"])
        rmSync(path + suffix, { force: true });
    }
  } finally {
    for (const { lock } of locks) if (lock.isOpen) lock.close();
  }
}

/** Opens a file with a lock that keeps all others out. @throws Error when another process has it open */
function locked(path: string): DatabaseSync {
  const lock = new DatabaseSync(path);
  try {
    lock.exec("pragma locking_mode = exclusive; begin exclusive");
  } catch (error) {
    // Nobody uses a file that is not a database; it may be deleted.
    if (!(error instanceof Error && "errcode" in error && error.errcode === BUSY)) return lock;
    lock.close();
    throw new Error(
      `${path} is in use, so nothing was forgotten. Stop what runs on it, or name another folder by --data.`,
      { cause: error },
    );
  }
  return lock;
}
