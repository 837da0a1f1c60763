import { CONNECTION_HEADERS } from "@lockstep/protocol";

/** Headers as the HTTP client takes them: name, value, name, value, … */
export type HeaderList = readonly string[];

const CONTENT_TYPE = "content-type";
const ACCEPT = "accept";
const JSON_TYPE = "application/json";

/** dtm's HTTP client recognizes JSON by this pattern. */
const IS_JSON_TYPE = /(application|text)\/(json|.*\+json|json-.*)(;|$)/i;

/**
 * Headers that are never taken from a transaction. The HTTP client itself sets those of the connection and the framing,
 * because a transaction's headers go with many calls. Compression would hide the branch's result word.
 */
const NEVER_TAKEN: ReadonlySet<string> = new Set([...CONNECTION_HEADERS, "accept-encoding"]);

/** The headers that a redirect to another host drops. */
const FOR_ONE_HOST = new Set([
  "authorization",
  "cookie",
  "cookie2",
  "host",
  "proxy-authorization",
  "www-authenticate",
]);

/** The headers of a branch call: ours, overridden by the transaction's, in whatever case (protocol 4.2). */
export function httpHeadersOf(
  branchHeaders: Readonly<Record<string, string>>,
  userAgent: string,
): HeaderList {
  const entries = Object.entries(branchHeaders);
  if (entries.length === 0) return ownHeadersOf(userAgent);
  const headers = new Map([
    [CONTENT_TYPE, JSON_TYPE],
    ["user-agent", userAgent],
    ["accept-encoding", "identity"],
  ]);
  for (const [key, value] of entries) {
    const name = key.toLowerCase();
    if (!NEVER_TAKEN.has(name)) headers.set(name, bytesOf(value));
  }
  const contentType = headers.get(CONTENT_TYPE) ?? "";
  if (!headers.has(ACCEPT) && IS_JSON_TYPE.test(contentType)) headers.set(ACCEPT, contentType);
  return [...headers].flat();
}

/** The headers of a call whose transaction adds none. Nearly all calls are such. */
function ownHeadersOf(userAgent: string): HeaderList {
  return [CONTENT_TYPE, JSON_TYPE, "user-agent", userAgent, "accept-encoding", "identity", ACCEPT, JSON_TYPE];
}

/** The headers to keep when a redirect leads to another host. */
export function headersForOtherHost(headers: HeaderList): HeaderList {
  return headers.filter((_, i) => !FOR_ONE_HOST.has(headers[i - (i % 2)] ?? ""));
}

/** The client writes one byte for each character, but dtm sends text as UTF-8. */
function bytesOf(value: string): string {
  return /^[\t\x20-\x7e]*$/.test(value) ? value : Buffer.from(value, "utf8").toString("latin1");
}
