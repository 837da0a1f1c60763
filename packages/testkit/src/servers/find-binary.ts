import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Folders with servers that are not on the PATH of an ordinary user. */
const SERVER_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/opt/homebrew/bin"];
/** Debian keeps each major version of PostgreSQL in its own folder, and none is on the PATH. */
const POSTGRES_VERSIONS_FOLDER = "/usr/lib/postgresql";

export interface FindBinaryOptions {
  /** Folders to look in, as in PATH. Default: PATH and the usual folders of servers. */
  readonly path?: string;
}

/** The full path of the first of `names` that is on this machine, or `undefined`. */
export function findBinary(names: readonly string[], options: FindBinaryOptions = {}): string | undefined {
  const folders =
    options.path === undefined
      ? [...(process.env["PATH"] ?? "").split(delimiter), ...SERVER_FOLDERS, ...postgresFolders()]
      : options.path.split(delimiter);
  for (const name of names) {
    for (const folder of folders) {
      const candidate = join(folder, name);
      if (folder !== "" && isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

/** Newest version first. */
function postgresFolders(): readonly string[] {
  try {
    return readdirSync(POSTGRES_VERSIONS_FOLDER)
      .toSorted((a, b) => Number(b) - Number(a))
      .map((version) => join(POSTGRES_VERSIONS_FOLDER, version, "bin"));
  } catch {
    return []; // No such folder: not Debian, or no PostgreSQL.
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
