/**
 * The HTTP method of a branch call (protocol 4.2): POST where there is something to send. Phase two of an `xa` sends
 * nothing, and its clients take it by POST all the same.
 */
export function branchMethodOf({
  transType,
  payload,
}: {
  readonly transType: string;
  readonly payload: Uint8Array;
}): "GET" | "POST" {
  return payload.length > 0 || transType === "xa" ? "POST" : "GET";
}
