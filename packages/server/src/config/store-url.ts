/** Where transactions are kept. */
export type StoreConfig = { readonly kind: "memory" } | { readonly kind: "sqlite"; readonly path: string };

/** What to write instead; ends the sentence of every refusal. */
export const STORES_OFFERED = "this version offers memory: (nothing survives a restart) and sqlite:PATH";

/** dtm's stores, and URLs of databases that will come. */
const NOT_YET = /^(mysql|mariadb|postgres|postgresql|redis|rediss|sqlserver|mssql|boltdb|tdsql|mongodb):/i;

/** Reads a store URL; answers the end of a sentence when it is none. Never repeats it: it may hold a password. */
export function parseStoreUrl(url: string): StoreConfig | string {
  if (/^memory:(\/\/)?$/i.test(url)) return { kind: "memory" };
  const path = /^sqlite:(.*)$/is.exec(url)?.[1];
  if (path === undefined) {
    const scheme = NOT_YET.exec(url)?.[1];
    return scheme === undefined
      ? `is not a store URL; ${STORES_OFFERED}`
      : `names a store that is not supported yet (${scheme.toLowerCase()}); ${STORES_OFFERED}`;
  }
  if (path === "" || path === ":memory:") return `has no path; ${STORES_OFFERED}`;
  if (path.includes("\0")) return "has a path that no file can have";
  if (!path.startsWith("//")) return { kind: "sqlite", path };
  // Written like other URLs, sqlite:///var/lib/x.db means /var/lib/x.db; with two slashes it would name a host.
  return path.startsWith("///") ? { kind: "sqlite", path: path.slice(2) } : `names a host; ${STORES_OFFERED}`;
}
