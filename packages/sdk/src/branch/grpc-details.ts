/**
 * How long the text of a gRPC status may be as it is sent: percent-encoded, in a header. A peer that meets too long a
 * header closes the connection, and with it every other call on it. The strictest peers take 8 kB for all headers.
 */
export const GRPC_DETAILS_BYTES_MAX = 4_096;

const ELLIPSIS = "…";

/** `text` for a status: well-formed, and cut with "…" where it is longer than `GRPC_DETAILS_BYTES_MAX`. */
export function grpcDetailsOf(text: string): string {
  // Each character is a byte or more, so this many are enough, and megabytes need not be encoded.
  const whole = text.slice(0, GRPC_DETAILS_BYTES_MAX + 1).toWellFormed();
  if (encodedBytes(whole) <= GRPC_DETAILS_BYTES_MAX) return whole;
  let bytes = encodedBytes(ELLIPSIS);
  let kept = "";
  for (const character of whole) {
    bytes += encodedBytes(character);
    if (bytes > GRPC_DETAILS_BYTES_MAX) break;
    kept += character;
  }
  return kept + ELLIPSIS;
}

/** How many bytes the text has as grpc-js sends it. */
function encodedBytes(text: string): number {
  return encodeURI(text).length;
}
