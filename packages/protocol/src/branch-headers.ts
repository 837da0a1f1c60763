/** Which `branch_headers` a transaction may have, so that HTTP and gRPC both carry them to a branch unchanged. */

/**
 * Names of headers, in lower case, that describe the connection or say where a message ends. Only the holder of the
 * connection may set them: a caller who sets one could forge a second request.
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

/** What the names begin with that gRPC keeps for itself. */
export const GRPC_NAME_PREFIX = "grpc-";

/**
 * Whether HTTP/1.1, HTTP/2 and gRPC all carry `value` unchanged: it is printable ASCII, and so has no line break, with
 * which a caller could add a header of its own.
 */
export function isHeaderText(value: string): boolean {
  return /^[\x20-\x7e]*$/.test(value);
}

/** Why `name` cannot be the key of text in gRPC metadata, as the end of a sentence; undefined when it can. */
export function metadataKeyProblem(name: string): string | undefined {
  if (!/^[0-9A-Za-z_.-]+$/.test(name)) {
    return "is not a gRPC metadata key; use letters, digits, hyphens and underscores";
  }
  // gRPC sends keys in lower case.
  const key = name.toLowerCase();
  if (key.startsWith(GRPC_NAME_PREFIX)) return "is reserved by gRPC; use another";
  if (key.endsWith("-bin")) return "would announce binary gRPC metadata, which branch_headers cannot hold";
  return undefined;
}
