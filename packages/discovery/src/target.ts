import { isAddress, LockstepError } from "@lockstep/protocol";
import { TARGET_LENGTH_MAX } from "./limits.ts";

/** Fixed addresses: `host:port`, `h1:1,h2:2` or `direct:///h1:1,h2:2`. */
export interface StaticTarget {
  /** Tells the kind of target. */
  readonly kind: "static";
  /** The target as it may be shown and logged. */
  readonly name: string;
  /** The addresses, each as `host:port`. */
  readonly addresses: readonly string[];
}

/** A service that announces itself in etcd: `etcd://h1:2379,h2:2379/user.rpc`, or `discov://…`, which means the same. */
export interface EtcdTarget {
  /** Tells the kind of target. */
  readonly kind: "etcd";
  /** The target as it may be shown and logged: without account and query. */
  readonly name: string;
  /** The addresses of the etcd cluster, each as `host:port`. */
  readonly endpoints: readonly string[];
  /** The name of the service: its addresses are the values of the keys below `<key>/`. */
  readonly key: string;
  /** The account in `?user=`; `announce` alone uses it. */
  readonly user?: string;
  /** The password in `?password=`; `announce` alone uses it, and nobody shows or logs it. */
  readonly password?: string;
}

/** Where a service is found. */
export type Target = StaticTarget | EtcdTarget;

/** The target forms, for error messages. */
const SUPPORTED_TARGETS =
  '"host:port", "host1:port1,host2:port2", "direct:///host:port,…", "etcd://host:2379,…/key" and "discov://host:2379,…/key"';

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//;

/**
 * Reads a target in any of go-zero's forms.
 *
 * It does not use `URL`, which refuses a list of hosts. As in go-zero, an account in front of the hosts is dropped, and
 * so is a fragment; percent-escapes in the key are decoded.
 *
 * @throws LockstepError `invalid_argument`, whose message never holds an account or a query
 */
export function parseTarget(text: string): Target {
  if (text.length > TARGET_LENGTH_MAX) {
    throw new LockstepError(
      "invalid_argument",
      `A target may have ${TARGET_LENGTH_MAX} characters and this one has ${text.length}; shorten it.`,
    );
  }
  const scheme = SCHEME.exec(text);
  if (scheme === null) {
    return { kind: "static", name: shown(text), addresses: parseAddresses(text, text) };
  }
  const rest = text.slice(scheme[0].length).replace(/#.*$/s, "");
  const { before: location, after: query } = cut(rest, "?");
  const { before: authority, after: path } = cut(location, "/");
  switch (scheme[1]?.toLowerCase()) {
    case "direct":
      if (authority !== "") {
        throw bad(
          text,
          'has addresses in the place of a host; write three slashes, as in "direct:///host:port"',
        );
      }
      return { kind: "static", name: shown(text), addresses: parseAddresses(path, text) };
    case "etcd":
    case "discov":
      return parseEtcdTarget({ text, authority, path, query });
    default:
      throw bad(text, `has an unknown scheme; supported are ${SUPPORTED_TARGETS}`);
  }
}

function parseEtcdTarget(parts: {
  text: string;
  authority: string;
  path: string;
  query: string;
}): EtcdTarget {
  const { text } = parts;
  const hosts = parts.authority.slice(parts.authority.lastIndexOf("@") + 1);
  const endpoints = parseAddresses(hosts, text);
  const key = decodeKey(parts.path, text);
  if (key === "" || key.startsWith("/") || key.endsWith("/")) {
    throw bad(
      text,
      'needs a key that does not begin or end with "/", as in "etcd://localhost:2379/user.rpc"',
    );
  }
  const query = new URLSearchParams(parts.query);
  const user = query.get("user");
  const password = query.get("password");
  return {
    kind: "etcd",
    name: `etcd://${endpoints.join(",")}/${key}`,
    endpoints,
    key,
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { password }),
  };
}

function parseAddresses(list: string, text: string): string[] {
  const addresses = list.split(",").map((address) => address.trim());
  if (!addresses.every(isAddress)) {
    throw bad(
      text,
      `must name each address as host:port, with a port from 1 to 65535; supported are ${SUPPORTED_TARGETS}`,
    );
  }
  return [...new Set(addresses)];
}

function decodeKey(path: string, text: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // The URIError would add nothing to this sentence.
    throw bad(text, 'has a "%" in its key that begins no percent-escape; write "%25" for a percent sign');
  }
}

function bad(text: string, fault: string): LockstepError {
  return new LockstepError("invalid_argument", `The target "${shown(text)}" ${fault}.`);
}

/**
 * `text` as it may be shown: without an account in front of an "@", without a query and a fragment, and only up to the
 * first character that no target has, because other systems' targets (a JSON text, say) have passwords elsewhere.
 */
function shown(text: string): string {
  const scheme = SCHEME.exec(text)?.[0] ?? "";
  const rest = text.slice(scheme.length);
  const location = rest.replace(/[?#].*$/s, "");
  // An "@" behind a "?" or "#" may end an account, or be part of a query; nobody can know.
  if (rest.includes("@", location.length)) return `${scheme}…`;
  const place = location.slice(location.lastIndexOf("@") + 1);
  const plain = /^[A-Za-z0-9_.:,/[\]%+ -]*/.exec(place)?.[0] ?? "";
  return scheme + plain + (plain === place ? "" : "…");
}

function cut(text: string, separator: string): { before: string; after: string } {
  const at = text.indexOf(separator);
  return at < 0 ? { before: text, after: "" } : { before: text.slice(0, at), after: text.slice(at + 1) };
}
