import { isHostName } from "./host-name.ts";

/** Where a server listens or is reached. */
export interface Address {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  /** The port, from 0 to 65535. A server that listens on port 0 is given a free one by the system. */
  readonly port: number;
}

/** A name or IPv4 address, or an IPv6 address in brackets; then the port. */
const ADDRESS =
  /^(?:([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?)|\[([0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?)\]):([0-9]{1,5})$/;
const PORT_MAX = 65_535;

/** The parts of `host:port`; undefined when `text` is not of that form. */
export function splitAddress(text: string): Address | undefined {
  const [, name, ipv6, port] = ADDRESS.exec(text) ?? [];
  const host = name ?? ipv6;
  if (host === undefined || Number(port) > PORT_MAX) return undefined;
  if (name !== undefined && !isHostName(name)) return undefined;
  return { host, port: Number(port) };
}

/** Whether `text` is a `host:port` that can be called: with a port from 1 to 65535. */
export function isAddress(text: string): boolean {
  const port = splitAddress(text)?.port ?? 0;
  return port > 0;
}

/** `host:port` as a URL has it: an IPv6 address stands in brackets (RFC 3986, section 3.2.2). */
export function authorityOf({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
