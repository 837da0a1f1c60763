import { BRANCH_HEADERS_BYTES_MAX } from "./limits.ts";

/** A token of RFC 9110, section 5.6.2. */
const HTTP_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A key of gRPC metadata; case is folded on the way. */
const GRPC_NAME = /^[0-9A-Za-z_.-]+$/;

/** Printable ASCII: what HTTP/1.1, HTTP/2 and gRPC all carry unchanged. Above all: no CR and no LF. */
const VALUE = /^[\x20-\x7e]*$/;

/** They say where a message ends or whom it is for; a caller who sets them could forge a second request. */
const FRAMING_NAMES: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** A sentence that says why these can never be sent with a branch call, or undefined when they can. */
export function checkBranchHeaders(
  headers: Readonly<Record<string, string>>,
  protocol: "http" | "grpc" | "json-rpc",
): string | undefined {
  let byteCount = 0;
  for (const [name, value] of Object.entries(headers)) {
    byteCount += name.length + value.length;
    if (byteCount > BRANCH_HEADERS_BYTES_MAX) {
      return `branch_headers are larger than ${BRANCH_HEADERS_BYTES_MAX} bytes; send data as payload.`;
    }
    const problem = problemOfName(name, protocol);
    if (problem !== undefined) return `branch_headers: the name ${quoted(name)} ${problem}.`;
    if (!VALUE.test(value)) {
      return `branch_headers: the value of ${quoted(name)} has characters other than printable ASCII; encode it.`;
    }
  }
  return undefined;
}

function problemOfName(name: string, protocol: "http" | "grpc" | "json-rpc"): string | undefined {
  if (!HTTP_NAME.test(name)) return "is not a header name; use letters, digits and hyphens";
  const folded = name.toLowerCase();
  if (FRAMING_NAMES.has(folded)) return "belongs to the HTTP connection; leave it out";
  if (protocol !== "grpc") return undefined;
  if (!GRPC_NAME.test(name))
    return "is not a gRPC metadata key; use letters, digits, hyphens and underscores";
  if (folded.startsWith("grpc-")) return "is reserved by gRPC; use another";
  if (folded.endsWith("-bin")) return "would announce binary gRPC metadata, which branch_headers cannot hold";
  return undefined;
}

const QUOTED_CHARACTERS_MAX = 100;

/** The name as a JSON string, so that control characters show and do no harm in a log. */
function quoted(name: string): string {
  return JSON.stringify(name.slice(0, QUOTED_CHARACTERS_MAX));
}
