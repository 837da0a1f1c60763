/**
 * Refuses what a browser sends for the page of another site. Without this, whoever opens a page lets that page start
 * transactions, and call through them what only this machine reaches: a browser sends a simple POST to any address,
 * and asks nobody.
 *
 * Callers that are no browsers send none of these headers, and notice nothing.
 */
import { LockstepError, quotedText } from "@lockstep/protocol";
import { hostOfAuthority, isLoopbackHost, type OurHosts, plainHost } from "./our-hosts.ts";

/** What a request says about where it comes from and whom it asks. */
export interface Asking {
  /** `Host`, or gRPC's `:authority`. Undefined where there is none: every browser sends one. */
  readonly authority: string | undefined;
  /** A header of the request, by its name in small letters. */
  readonly header: (name: string) => string | undefined;
}

/** Why the request is refused; undefined where it may pass. */
export function problemOfSite({ authority, header }: Asking, ours: OurHosts): LockstepError | undefined {
  const host = authority === undefined || authority === "" ? undefined : hostOfAuthority(authority);
  if (host === undefined && authority !== undefined && authority !== "") {
    return refusal(`The request's host ${quotedText(authority)} cannot be read; write host:port.`);
  }
  if (host !== undefined && !ours.has(host) && (ours.isLocal || isOfBrowser(header))) {
    return refusal(
      `This coordinator is not known as ${quotedText(host)}, so another site's page may have asked; ` +
        "use its address, or name the host in Lockstep.Hosts.",
    );
  }
  const fetchSite = header("sec-fetch-site");
  if (fetchSite !== undefined && !OWN_SITE.has(fetchSite.trim())) {
    return fromElsewhere(`Sec-Fetch-Site: ${fetchSite}`);
  }
  const origin = header("origin");
  if (origin === undefined || origin === "" || isOurOrigin(origin, { host, ours })) return undefined;
  return fromElsewhere(`Origin: ${origin}`);
}

/** `none`: a person typed the address. `same-site`: another port of this host, or, as its Origin tells, another host. */
const OWN_SITE = new Set(["", "same-origin", "same-site", "none"]);

function isOurOrigin(
  origin: string,
  { host, ours }: { readonly host: string | undefined; readonly ours: OurHosts },
): boolean {
  const url = URL.parse(origin);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  const from = plainHost(url.hostname);
  if (from === host || ours.isListed(from)) return true;
  return host !== undefined && isLoopbackHost(host) && isLoopbackHost(from);
}

/** Every browser sends one of these, whatever a page tries; Node's own `fetch` sends `Accept-Language: *`. */
function isOfBrowser(header: Asking["header"]): boolean {
  if (header("origin") !== undefined || header("sec-fetch-site") !== undefined) return true;
  return (header("accept-language") ?? "*") !== "*" || /^Mozilla\//.test(header("user-agent") ?? "");
}

function fromElsewhere(said: string): LockstepError {
  return refusal(
    `The request comes from the page of another site (${quotedText(said)}), which may not use this coordinator; ` +
      "if the page is yours, name its host in Lockstep.Hosts.",
  );
}

function refusal(message: string): LockstepError {
  return new LockstepError("invalid_argument", message);
}
