/**
 * How long the text of a gRPC status may be as it travels: percent-encoded, in a header. Whoever reads more than
 * that of a header closes the connection, and with it every other call on it: 8 kB in all is what the strictest take.
 */
export const GRPC_DETAILS_BYTES_MAX = 4_096;

const ELLIPSIS = "…";

/** `text` as a status can carry it: well-formed, and cut with "…" where it is longer than `GRPC_DETAILS_BYTES_MAX`. */
export function grpcDetailsOf(text: string): string {
  // What has more characters than there may be bytes is cut anyway, so megabytes are not looked at.
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

/** As grpc-js writes it. */
function encodedBytes(text: string): number {
  return encodeURI(text).length;
}
