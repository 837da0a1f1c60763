/**
 * The addresses that the coordinator never calls: the metadata addresses at which a cloud gives each machine its
 * secrets, and link-local ones. No service has such an address, and somebody who may submit must not read secrets
 * through the coordinator.
 *
 * Addresses are judged as they are written. Names are not looked up: a name that points to such an address is called.
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

/** How a forbidden host begins. Every branch call is checked, and for nearly all of them this check is enough. */
const MAY_BE_FORBIDDEN = /^(?:1(?:69\.254|00\.100)\.|\[|instance-data\.|metadata\.)/;

/** Whether this host, with or without a port, is forbidden. `place` must have the form that `URL` gives a host. */
export function isForbiddenPlace(place: string): boolean {
  if (!MAY_BE_FORBIDDEN.test(place)) return false;
  const host = place.replace(/\.?(?::\d+)?$/, "");
  return METADATA_HOSTS.has(host) || LINK_LOCAL.test(host);
}

/** Whether this `host:port` is forbidden, in any form: 0xa9fea9fe is 169.254.169.254, and a zone may follow. */
export function isForbiddenAddress(address: string): boolean {
  // Only a host that begins with a digit or a bracket is an IP address, which can have several forms.
  if (!/^[\d[]/.test(address)) return isForbiddenPlace(address.toLowerCase());
  const host = URL.parse(`http://${address.replace(/%[^\]]*\]/, "]")}`)?.hostname;
  return host !== undefined && isForbiddenPlace(host);
}
