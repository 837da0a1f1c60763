import { UnwritableContent } from "../../engine/answers.ts";
import { StoreFailure } from "../store-failure.ts";
import { missingPermission } from "./permission.ts";

const damaged = (path: string): string => `The database ${path} is damaged; restore it from a backup.`;

/**
 * SQLite's result codes as sentences for whoever runs the coordinator. https://www.sqlite.org/rescode.html lists the
 * codes. The key is the primary code, which is the low byte of a result code.
 */
const SENTENCES: ReadonlyMap<number, (path: string) => string> = new Map([
  [5, (path) => `Another coordinator has ${path} open; stop it, or name another file.`],
  [8, (path) => `The database ${path} is read-only; give the coordinator the right to write it.`],
  [10, (path) => `Reading or writing the database ${path} failed; look at the disk.`],
  [11, damaged],
  [13, (path) => `The disk that holds the database ${path} is full; make room on it.`],
  [14, (path) => `The database ${path} cannot be opened; look at the path and its permissions.`],
  [26, (path) => `The file ${path} is not a SQLite database; name another file.`],
]);

/** SQLite's TOOBIG, CONSTRAINT and MISMATCH: the content of a write is at fault, and nothing of its flush is stored. */
const OF_CONTENT: ReadonlySet<number> = new Set([18, 19, 20]);

/** The same for the operating system's error codes, when the file cannot be made. */
const SYSTEM_SENTENCES: ReadonlyMap<string, (path: string) => string> = new Map([
  ["ENOENT", (path) => `The folder of the database ${path} does not exist; create it, or name another file.`],
  ["ENOTDIR", (path) => `The folder of the database ${path} is not a folder; name another file.`],
  ["EACCES", (path) => `The database ${path} may not be created; look at the permissions of its folder.`],
  ["EROFS", (path) => `The database ${path} may not be created: the disk is read-only.`],
  ["ENOSPC", (path) => `The disk that is to hold the database ${path} is full; make room on it.`],
]);

/** SQLite's READONLY, IOERR and CANTOPEN: it reports a missing permission as one of these. */
const MAYBE_PERMISSION: ReadonlySet<number> = new Set([8, 10, 14]);

/** Like `failureOf`, for errors of opening the database: their cause is most often a missing permission. */
export function failureOfOpening(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  const isMaybe =
    "errcode" in error && typeof error.errcode === "number"
      ? MAYBE_PERMISSION.has(error.errcode & 0xff)
      : "code" in error && error.code === "EACCES";
  const missing = isMaybe ? missingPermission(path) : undefined;
  return missing === undefined ? failureOf(error, path) : new StoreFailure(missing, { cause: error });
}

/** The failure to throw in place of `error`, which becomes its cause. A bug of ours stays as it is. */
export function failureOf(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreFailure) return error;
  if ("errcode" in error && typeof error.errcode === "number") {
    if (OF_CONTENT.has(error.errcode & 0xff)) {
      return new UnwritableContent(
        "The coordinator's store cannot keep this transaction: it is too large for it, or breaks a rule of its database.",
        { cause: error },
      );
    }
    const sentence = SENTENCES.get(error.errcode & 0xff)?.(path);
    return new StoreFailure(sentence ?? `The database ${path} failed: ${error.message}.`, { cause: error });
  }
  // We store no integer that JavaScript cannot hold, so a larger one is damage.
  if ("code" in error && error.code === "ERR_OUT_OF_RANGE")
    return new StoreFailure(damaged(path), { cause: error });
  if ("syscall" in error && "code" in error) {
    const sentence = SYSTEM_SENTENCES.get(String(error.code))?.(path);
    return new StoreFailure(sentence ?? `The database ${path} cannot be made: ${error.message}.`, {
      cause: error,
    });
  }
  return error;
}
