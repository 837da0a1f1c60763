import { LockstepError } from "./error.ts";
import { quotedText } from "./quoted-text.ts";
import { shownUrl } from "./shown-url.ts";

/** A gRPC branch URL in its two parts. */
export interface GrpcUrl {
  /** Where the service is found: `host:port`, or an entry in a registry such as `etcd://h:2379/user.rpc`. */
  readonly target: string;
  /** The full method with its leading slash: `/user.User/Save`. */
  readonly method: string;
}

/**
 * Splits a gRPC branch URL as dtm's default driver and its go-zero driver do (protocol 9.2).
 *
 * It does not use `URL`, which refuses the several hosts of `etcd://h1:2379,h2:2379/…`.
 * @throws LockstepError `invalid_argument`
 */
export function splitGrpcUrl(url: string): GrpcUrl {
  if (SPACE_OR_CONTROL.test(url)) throw badUrl(url, "spaces and control characters are not allowed");
  const { target, method } = url.includes("//") ? splitWithScheme(url) : splitPlain(url);
  if (target === "") throw badUrl(url, "no host found before the method");
  if (method.length < 2) throw badUrl(url, "no method found after the host");
  return { target, method };
}

/** Splits `host:port/package.Service/Method`: everything before the first slash is the target. */
function splitPlain(url: string): GrpcUrl {
  const slash = url.indexOf("/");
  if (slash === -1) throw badUrl(url, "no '/' found");
  return { target: url.slice(0, slash), method: url.slice(slash) };
}

/** Splits `scheme://authority/service/package.Service/Method` at the second slash of the path. */
function splitWithScheme(url: string): GrpcUrl {
  const parts = WITH_SCHEME.exec(withoutInnerQuery(url));
  const [, scheme, authority, escapedPath] = parts ?? [];
  if (scheme === undefined || authority === undefined || escapedPath === undefined) {
    throw badUrl(url, "it is neither host:port/package.Service/Method nor scheme://…");
  }
  if (escapedPath === "") throw badUrl(url, "no '/' found after the host");
  const path = unescaped(escapedPath, url);
  const second = path.indexOf("/", 1);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  // A path of one segment names no entry in a registry: the segment is the method.
  if (second === -1) return { target: host === "" ? "" : `${scheme}://${host}`, method: path };
  return { target: `${scheme}://${host}${path.slice(0, second)}`, method: path.slice(second) };
}

/** The scheme, the authority and the path. What follows (a query, a fragment) is dropped. */
const WITH_SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for control characters.
const SPACE_OR_CONTROL = /[\u0000-\u0020\u007f]/;

/** Takes out the settings that Consul and Nacos have between the service and the method: `consul://h/svc?wait=14s/p.S/M`. */
function withoutInnerQuery(url: string): string {
  if (!url.includes("consul") && !url.includes("nacos")) return url;
  return url.replace(/\?[^/]*(?=\/)/, "");
}

function unescaped(path: string, url: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw badUrl(url, "a percent sign must be followed by the two hex digits of a UTF-8 byte", cause);
  }
}

function badUrl(url: string, what: string, cause?: unknown): LockstepError {
  return new LockstepError(
    "invalid_argument",
    `bad url: ${quotedText(shownUrl(url))}. ${what}; write host:port/package.Service/Method.`,
    { cause },
  );
}
