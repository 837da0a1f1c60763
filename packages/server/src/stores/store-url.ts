/** The stores that exist; ends the message of every refusal. */
export const STORES_OFFERED = "this version offers memory: (nothing survives a restart) and sqlite:PATH";

/** dtm's stores, and databases that will come: a refusal says "not supported yet" and not "unknown". */
const NOT_YET = /^(mysql|mariadb|postgres|postgresql|redis|rediss|sqlserver|mssql|boltdb|tdsql|mongodb):/i;

/** A store that a URL names; `url` is that URL in its normal form, which the coordinator shows. */
export type StoreUrl =
  | { readonly kind: "memory"; readonly url: string }
  /** `path` is absolute or relative to the working folder, as the user wrote it. */
  | { readonly kind: "sqlite"; readonly url: string; readonly path: string };

/** `problem` ends a sentence whose subject is the setting that holds the URL. */
export interface StoreUrlProblem {
  readonly kind: "problem";
  readonly problem: string;
}

/**
 * Reads a store URL: `memory:`, or `sqlite:PATH`, where everything after the colon is the path. `sqlite:///PATH` is an
 * absolute path in the usual form of URLs. A problem never repeats the URL, which may hold a password.
 */
export function parseStoreUrl(text: string): StoreUrl | StoreUrlProblem {
  const [, memory] = /^memory:(.*)$/is.exec(text) ?? [];
  if (memory !== undefined) {
    if (memory === "" || memory === "//") return { kind: "memory", url: "memory:" };
    return wrong("has something after memory:, and a store in memory has no address");
  }
  const [, path] = /^sqlite:(.*)$/is.exec(text) ?? [];
  if (path !== undefined) return sqliteOf(path);
  const [, scheme] = NOT_YET.exec(text) ?? [];
  if (scheme !== undefined) return wrong(`names a store that is not supported yet (${scheme})`);
  // A drive of Windows has one letter.
  const isPath = text !== "" && !/^[a-z][a-z0-9+.-]+:/i.test(text);
  return wrong(
    isPath
      ? "is not a store URL; a file needs sqlite: before its path, as in sqlite:lockstep.db"
      : "is not a store URL",
  );
}

function sqliteOf(path: string): StoreUrl | StoreUrlProblem {
  if (path === "") return wrong("has no path");
  if (path === ":memory:") return wrong("is spelled memory: here");
  if (path.includes("\0")) return wrong("has a path that no file can have");
  if (!path.startsWith("//")) return { kind: "sqlite", url: `sqlite:${path}`, path };
  // With two slashes, what follows is a host.
  if (!path.startsWith("///")) return wrong("names a host");
  return sqliteOf(path.slice(2));
}

function wrong(problem: string): StoreUrlProblem {
  return { kind: "problem", problem: `${problem}; ${STORES_OFFERED}` };
}
