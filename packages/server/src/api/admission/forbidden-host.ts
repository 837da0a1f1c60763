/**
 * Addresses at which a cloud tells each machine its secrets, and those that only the same wire knows. No branch lives
 * there, and whoever may submit must not read them through us.
 *
 * As written: a name that somebody else lets point there is not looked up.
 */
const METADATA_HOSTS: ReadonlySet<string> = new Set([
  "100.100.100.200",
  "[::ffff:6464:64c8]",
  "[fd00:ec2::254]",
  "instance-data.ec2.internal",
  "metadata.goog",
  "metadata.google.internal",
]);

/** 169.254.0.0/16, the same in IPv6's words, and fe80::/10. */
const LINK_LOCAL = /^(?:169\.254\.\d+\.\d+$|\[::ffff:a9fe:|\[fe[89ab][0-9a-f]:)/;

/** Whether a `host:port` or a host in the one form in which `URL` writes it is one that is never called. */
export function isForbiddenPlace(place: string): boolean {
  const host = place.replace(/\.?(?::\d+)?$/, "");
  return METADATA_HOSTS.has(host) || LINK_LOCAL.test(host);
}

/** The same for a `host:port` as somebody wrote it, with or without a zone: 0xa9fea9fe is 169.254.169.254. */
export function isForbiddenAddress(address: string): boolean {
  // Only what begins so can be an address, and have other spellings.
  if (!/^[\d[]/.test(address)) return isForbiddenPlace(address.toLowerCase());
  const host = URL.parse(`http://${address.replace(/%[^\]]*\]/, "]")}`)?.hostname;
  return host !== undefined && isForbiddenPlace(host);
}
