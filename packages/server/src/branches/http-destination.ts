/** Where an HTTP request goes. */
export interface HttpDestination {
  /** `http://host:port`, without the port where it is the scheme's own. */
  readonly origin: string;
  /** `host:port`: what may be shown to people. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
}

/**
 * Scheme, authority, and all from the path on but the fragment. A backslash or an "@" in the authority is refused:
 * one reader's path is another's host there, and credentials belong in `branch_headers`.
 */
const HTTP_URL = /^(https?):\/\/([^/?#\\@\s]+)(?=[/?#]|$)([^#]*)/i;

/**
 * Takes an `http(s)://` URL apart; undefined where there is no host to call in it.
 *
 * By hand, because `URL` rewrites paths (`/a/../b`), and what a service signs or matches must arrive as it was given.
 */
export function httpDestinationOf(url: string): HttpDestination | undefined {
  const [, scheme, authority, rest] = HTTP_URL.exec(url) ?? [];
  if (scheme === undefined || authority === undefined || rest === undefined) return undefined;
  const parsed = URL.parse(`${scheme}://${authority}`);
  if (parsed === null || parsed.hostname === "" || parsed.pathname !== "/") return undefined;
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return { origin: parsed.origin, host: parsed.host, path: sendable(path) };
}

/** Where a redirect leads, seen from the request that was redirected; undefined where nobody should follow. */
export function redirectedDestination(from: HttpDestination, location: string): HttpDestination | undefined {
  const parsed = URL.parse(location, from.origin + from.path);
  if (parsed === null || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) return undefined;
  if (parsed.username !== "" || parsed.password !== "") return undefined;
  return { origin: parsed.origin, host: parsed.host, path: parsed.pathname + parsed.search };
}

/** Spaces, control characters and what is not ASCII cannot stand in a request line; all else stays as it is. */
function sendable(path: string): string {
  return path.replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed()));
}
