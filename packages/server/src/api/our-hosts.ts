/**
 * The hosts under which callers reach this coordinator. A browser tells in `Host` (gRPC: `:authority`) which host it
 * believes to ask. Whoever owns a name in the DNS can lead it to this machine (DNS rebinding): then a page of theirs
 * asks the coordinator, and its browser takes both for one site. Only the name shows that.
 */
import { isIP } from "node:net";

export interface OurHostsOptions {
  /** The address that the door listens on. */
  readonly listen: string;
  /** Further names of this coordinator. */
  readonly listed: readonly string[];
}

export class OurHosts {
  readonly #listed: ReadonlySet<string>;
  readonly #listen: string;
  /** Only this machine reaches the door. */
  readonly isLocal: boolean;

  constructor({ listen, listed }: OurHostsOptions) {
    this.#listed = new Set(listed.map(plainHost));
    this.#listen = plainHost(listen);
    this.isLocal = isLoopbackHost(this.#listen);
  }

  /**
   * Whether `host` is ours, or one that no other site can have: an address cannot be led elsewhere, and nobody can
   * register a name without a dot.
   */
  has(host: string): boolean {
    return (
      isIP(host) !== 0 ||
      /^[a-z0-9_-]+$/.test(host) ||
      isLoopbackHost(host) ||
      host === this.#listen ||
      this.isListed(host)
    );
  }

  isListed(host: string): boolean {
    return this.#listed.has(host);
  }
}

/** The host of `host:port`, in small letters and without brackets; undefined where it cannot be read. */
export function hostOfAuthority(authority: string): string | undefined {
  const [, ipv6, name] = /^(?:\[([^[\]]+)\]|([^:[\]@/?#\s]+))(?::\d*)?$/.exec(authority) ?? [];
  const host = ipv6 ?? name;
  return host === undefined ? undefined : plainHost(host);
}

/** Whether a name or address always means the machine itself (RFC 6761 for the name). */
export function isLoopbackHost(host: string): boolean {
  return host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host) || /(?:^|\.)localhost$/.test(host);
}

/** A host as it is compared: names have no case, and may end in a dot. */
export function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
}
