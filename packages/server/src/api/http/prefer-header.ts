/** The `wait` preference of RFC 7240; fractions of a second are our extension. */
const WAIT = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9}(?:\.\d{1,9})?)"?\s*(?:[,;]|$)/i;

/**
 * How long the caller wants to wait for the result, in milliseconds: `Prefer: wait=2.5` is 2500. Undefined where the
 * header has no wait; a header that cannot be read is ignored, as RFC 7240 asks.
 */
export function waitMsOfPrefer(prefer: string | readonly string[] | undefined): number | undefined {
  if (prefer === undefined) return undefined;
  const seconds = WAIT.exec(typeof prefer === "string" ? prefer : prefer.join(","))?.[1];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1_000);
}
