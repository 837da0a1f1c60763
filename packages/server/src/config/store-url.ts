/** What to write instead; ends the sentence of every refusal. */
export const STORES_OFFERED = "this version offers memory: (nothing survives a restart) and sqlite:PATH";

/** dtm's stores, and URLs of databases that will come. */
const NOT_YET = /^(mysql|mariadb|postgres|postgresql|redis|rediss|sqlserver|mssql|boltdb|tdsql|mongodb):/i;

/** A store URL as `openStore` takes it, or the end of a sentence that says what is wrong. */
export type ParsedStoreUrl = { readonly storeUrl: string } | { readonly problem: string };

/** Reads a store URL. A problem never repeats it: it may hold a password. */
export function parseStoreUrl(url: string): ParsedStoreUrl {
  if (/^memory:(\/\/)?$/i.test(url)) return { storeUrl: "memory:" };
  const path = /^sqlite:(.*)$/is.exec(url)?.[1];
  if (path === undefined) {
    const scheme = NOT_YET.exec(url)?.[1];
    const is =
      scheme === undefined ? "is not a store URL" : `names a store that is not supported yet (${scheme})`;
    return { problem: `${is}; ${STORES_OFFERED}` };
  }
  if (path === "" || path === ":memory:") return { problem: `has no path; ${STORES_OFFERED}` };
  if (path.includes("\0")) return { problem: "has a path that no file can have" };
  if (!path.startsWith("//")) return { storeUrl: `sqlite:${path}` };
  // Written like other URLs, sqlite:///var/lib/x.db means /var/lib/x.db; with two slashes it would name a host.
  if (path.startsWith("///")) return { storeUrl: `sqlite:${path.slice(2)}` };
  return { problem: `names a host; ${STORES_OFFERED}` };
}
