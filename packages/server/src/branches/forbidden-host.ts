/**
 * The addresses that no branch is called at: those at which a cloud tells each machine its secrets, and link-local
 * ones. No service lives there, and whoever may submit must not read them through the coordinator.
 *
 * An address is judged as it is written. A name is not looked up here: a name whose owner lets it point to such an
 * address is called.
 */
const METADATA_HOSTS: ReadonlySet<string> = new Set([
  "100.100.100.200",
  "[::ffff:6464:64c8]",
  "[fd00:ec2::254]",
  "instance-data.ec2.internal",
  "metadata.goog",
  "metadata.google.internal",
]);

/** 169.254.0.0/16, the same range written as IPv6, and fe80::/10. */
const LINK_LOCAL = /^(?:169\.254\.\d+\.\d+$|\[::ffff:a9fe:|\[fe[89ab][0-9a-f]:)/;

/** Whether this host, with or without a port, is forbidden. It is in the one form in which `URL` writes a host. */
export function isForbiddenPlace(place: string): boolean {
  const host = place.replace(/\.?(?::\d+)?$/, "");
  return METADATA_HOSTS.has(host) || LINK_LOCAL.test(host);
}

/** Whether this `host:port` is forbidden. It is in any form: 0xa9fea9fe is 169.254.169.254, and a zone may follow. */
export function isForbiddenAddress(address: string): boolean {
  // Only a host that begins with a digit or a bracket is an IP address, and has more than one form.
  if (!/^[\d[]/.test(address)) return isForbiddenPlace(address.toLowerCase());
  const host = URL.parse(`http://${address.replace(/%[^\]]*\]/, "]")}`)?.hostname;
  return host !== undefined && isForbiddenPlace(host);
}
