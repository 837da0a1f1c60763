/** `host:port` as URLs write it: an IPv6 address stands in brackets (RFC 3986, section 3.2.2). */
export function authorityOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
