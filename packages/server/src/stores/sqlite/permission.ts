import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { flushFileOf } from "./flush-file.ts";

/**
 * A sentence that names the permission that the coordinator's user lacks on the database at `path`; undefined where
 * none is missing. SQLite's own words mislead: "disk I/O error" for a file, "readonly database" for a folder that may
 * not be written.
 */
export function missingPermission(path: string): string | undefined {
  for (const file of [path, `${path}-wal`]) {
    const fault = faultOf(file, constants.R_OK | constants.W_OK);
    if (fault === "EROFS")
      return `The database ${path} is on a disk that is read-only; name a file on another.`;
    if (fault === "EACCES") return deniedFile(file);
  }
  // SQLite makes the write-ahead log beside the database.
  const folder = dirname(path);
  if (faultOf(folder, constants.W_OK | constants.X_OK) === "EACCES") {
    return `In the folder ${folder} the user who runs the coordinator may not make files, and SQLite keeps some beside the database; allow it, or name a file elsewhere.`;
  }
  const flushFile = flushFileOf(path);
  return faultOf(flushFile, constants.R_OK | constants.W_OK) === "EACCES" ? deniedFile(flushFile) : undefined;
}

function deniedFile(file: string): string {
  return `The file ${file} may not be read and written by the user who runs the coordinator; give it to that user.`;
}

/** The system's code when it denies this access; undefined when it allows it, or when another error comes first. */
function faultOf(path: string, mode: number): "EACCES" | "EROFS" | undefined {
  try {
    accessSync(path, mode);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EACCES" || code === "EROFS") return code;
  }
  return undefined;
}
