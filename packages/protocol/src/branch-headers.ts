/** What a transaction's `branch_headers` can hold so that every way of calling a branch carries it unchanged. */

/**
 * Names (in lower case) that speak of the connection or say where a message ends. Only whoever holds the connection
 * may set them: with a caller's they could forge a second request.
 */
export const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Names that begin so belong to gRPC itself. */
export const GRPC_NAME_PREFIX = "grpc-";

/** Printable ASCII: what HTTP/1.1, HTTP/2 and gRPC all carry unchanged. Above all: no CR and no LF. */
export function isHeaderText(value: string): boolean {
  return /^[\x20-\x7e]*$/.test(value);
}

/** Why `name` cannot be the key of gRPC metadata that is text, as the end of a sentence; undefined where it can. */
export function metadataKeyProblem(name: string): string | undefined {
  if (!/^[0-9A-Za-z_.-]+$/.test(name)) {
    return "is not a gRPC metadata key; use letters, digits, hyphens and underscores";
  }
  // Case is folded on the way.
  const key = name.toLowerCase();
  if (key.startsWith(GRPC_NAME_PREFIX)) return "is reserved by gRPC; use another";
  if (key.endsWith("-bin")) return "would announce binary gRPC metadata, which branch_headers cannot hold";
  return undefined;
}
