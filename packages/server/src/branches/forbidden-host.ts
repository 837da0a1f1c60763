import { embeddedIpv4, lastIpv4 } from "./embedded-ipv4.ts";

/**
 * The addresses that the coordinator never calls: the metadata addresses at which a cloud gives each machine its
 * secrets, and link-local ones. No service has such an address, and somebody who may submit must not read secrets
 * through the coordinator.
 *
 * Addresses are judged as they are written. Names are not looked up: a name that points to such an address is called.
 */
const METADATA_NAMES: ReadonlySet<string> = new Set([
  "api.metadata.cloud.ibm.com",
  "instance-data",
  "instance-data.ec2.internal",
  "metadata.goog",
  "metadata.google.internal",
  "metadata.tencentyun.com",
]);

const METADATA_IPV4: ReadonlySet<string> = new Set([
  "100.100.100.200", // Alibaba Cloud
  "168.63.129.16", // Azure
  "169.254.169.254", // AWS, Azure, Google, OpenStack and many others
  "192.0.0.192", // Oracle Cloud
]);

const METADATA_IPV6: ReadonlySet<string> = new Set([
  "[fd00:ec2::23]", // AWS, the account of a pod
  "[fd00:ec2::254]", // AWS
  "[fd20:ce::254]", // Google
  "[fd00:42::42]", // Scaleway
]);

/** 169.254.0.0/16 and fe80::/10. */
const LINK_LOCAL = /^(?:169\.254\.|\[fe[89ab][0-9a-f]:)/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/** How a forbidden host begins. Every branch call is checked, and for nearly all of them this check is enough. */
const MAY_BE_FORBIDDEN =
  /^(?:1(?:69\.254|00\.100|68\.63)\.|192\.0\.0\.|\[|instance-data|metadata\.|api\.metadata\.)/;

/** Whether this host, with or without a port, is forbidden. `place` must have the form that `URL` gives a host. */
export function isForbiddenPlace(place: string): boolean {
  if (!MAY_BE_FORBIDDEN.test(place)) return false;
  const host = place.replace(/\.?(?::\d+)?$/, "");
  if (host.startsWith("[")) return isForbiddenIpv6(host);
  return IPV4.test(host) ? isForbiddenIpv4(host) : METADATA_NAMES.has(host);
}

/** Whether this `host:port` is forbidden, in any form: 0xa9fea9fe is 169.254.169.254, and a zone may follow. */
export function isForbiddenAddress(address: string): boolean {
  // Only a host that begins with a digit or a bracket is an IP address, which can have several forms.
  if (!/^[\d[]/.test(address)) return isForbiddenPlace(address.toLowerCase());
  const host = URL.parse(`http://${address.replace(/%[^\]]*\]/, "]")}`)?.hostname;
  return host !== undefined && isForbiddenPlace(host);
}

function isForbiddenIpv4(host: string): boolean {
  return LINK_LOCAL.test(host) || METADATA_IPV4.has(host);
}

/**
 * The IPv4 address in an IPv6 address is judged too. Behind a prefix that nobody knows only a metadata address counts:
 * the last bytes of an address that has nothing to do with IPv4 may well look link-local.
 */
function isForbiddenIpv6(host: string): boolean {
  if (LINK_LOCAL.test(host) || METADATA_IPV6.has(host)) return true;
  return embeddedIpv4(host).some(isForbiddenIpv4) || METADATA_IPV4.has(lastIpv4(host));
}
