import type { HttpUrl } from "@lockstep/protocol";

/** Where a redirect leads, seen from the request that was redirected; undefined where nobody should follow. */
export function redirectedDestination(from: HttpUrl, location: string): HttpUrl | undefined {
  const parsed = URL.parse(location, from.origin + from.path);
  if (parsed === null || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) return undefined;
  if (parsed.username !== "" || parsed.password !== "") return undefined;
  return { origin: parsed.origin, host: parsed.host, path: parsed.pathname + parsed.search };
}
