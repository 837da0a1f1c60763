import { type HttpUrl, isHttpUrl, splitHttpUrl } from "@lockstep/protocol";
import { httpPlanTo } from "./branch-plan.ts";
import type { HttpReply, HttpRequest } from "./http-exchange.ts";
import { headersForOtherHost } from "./http-headers.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** These two keep method and body. Every other redirect turns a POST into a GET without a body. */
const REDIRECTS_THAT_KEEP = new Set([307, 308]);

export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * The request that a redirect asks for, or why it is not made, as the end of a sentence.
 *
 * - A request that would lose its method or its body is not made: the answer to it would not be the answer to the op. A
 *   login page answers such a request with 200, and nobody was paid.
 * - A Location is as untrustworthy as a branch's URL: it is refused for the same reasons. It is never quoted, because it
 *   may hold secrets.
 */
export function redirected(
  request: HttpRequest,
  { status, location }: Pick<HttpReply & { kind: "answer" }, "status" | "location">,
): HttpRequest | string {
  if (location === undefined) return "without a Location";
  if (request.method !== "GET" && !REDIRECTS_THAT_KEEP.has(status)) return LOSES_THE_OP;
  const from = request.destination;
  const destination = redirectedDestination(from, location);
  if (destination === undefined) return "to a Location that cannot be called";
  const plan = httpPlanTo(destination);
  if (plan.kind === "problem") return `to a Location that ${plan.problem}`;
  return {
    method: request.method,
    body: request.body,
    destination,
    headers: from.origin === destination.origin ? request.headers : headersForOtherHost(request.headers),
  };
}

const LOSES_THE_OP =
  "to a page that is asked with GET and without the body, so its answer would not be the branch's; " +
  "answer 307 or 308 to have the op sent on, or name the new URL in the transaction";

/** The URL of a Location, resolved against that of the request that was redirected. */
function redirectedDestination(from: HttpUrl, location: string): HttpUrl | undefined {
  const parsed = URL.parse(location, from.origin + from.path);
  if (parsed === null || !isHttpUrl(parsed.href)) return undefined;
  const destination = splitHttpUrl(parsed.href);
  return typeof destination === "string" ? undefined : destination;
}
