/**
 * The IPv4 addresses that an IPv6 address may stand for. A router or the operating system may turn such an IPv6 address
 * into the IPv4 address, so a check of one is a check of both.
 */

/** Prefixes, as hex digits, behind which an IPv4 address stands from the byte `at` on. */
const PREFIXES: ReadonlyArray<{ readonly prefix: RegExp; readonly at: number }> = [
  // IPv4-mapped (::ffff:0:0/96), IPv4-compatible (::/96), IPv4-translated (::ffff:0:0:0/96; RFC 2765).
  { prefix: /^0{20}(?:0000|ffff)/, at: 12 },
  { prefix: /^0{16}ffff0000/, at: 12 },
  // NAT64 (RFC 6052), and the 6to4 addresses (RFC 3056).
  { prefix: /^0064ff9b0{16}/, at: 12 },
  { prefix: /^2002/, at: 2 },
  // Teredo: the server (RFC 4380).
  { prefix: /^20010000/, at: 4 },
  // ISATAP (RFC 5214).
  { prefix: /^.{16}0[02]005efe/, at: 12 },
];

/** NAT64 of a local network (RFC 8215). How long the prefix is, its network decides: 48, 56, 64 or 96 bits. */
const LOCAL_NAT64 = /^0064ff9b0001/;
const TEREDO = /^20010000/;

/**
 * The addresses, each as `a.b.c.d`, that the IPv6 address `host` stands for by its prefix. `host` has the form that `URL`
 * gives it: in brackets, shortened, without a zone.
 */
export function embeddedIpv4(host: string): readonly string[] {
  const bytes = bytesOf(host);
  const hex = bytes.toString("hex");
  const found = PREFIXES.filter(({ prefix }) => prefix.test(hex)).map(({ at }) => ipv4At(bytes, at));
  // Byte 8 is always 0 there, and no part of the IPv4 address (RFC 6052, section 2.2).
  if (LOCAL_NAT64.test(hex)) {
    const without8 = Buffer.concat([bytes.subarray(0, 8), bytes.subarray(9)]);
    found.push(...[6, 7, 8].map((at) => ipv4At(without8, at)), lastIpv4(host));
  }
  // The client stands there with all its bits turned.
  if (TEREDO.test(hex)) found.push(ipv4At(Buffer.from(bytes.map((byte) => byte ^ 0xff)), 12));
  return found;
}

/** The last four bytes of `host` as an IPv4 address: a network may have a NAT64 prefix of its own, which nobody knows. */
export function lastIpv4(host: string): string {
  return ipv4At(bytesOf(host), 12);
}

function ipv4At(bytes: Buffer, at: number): string {
  return bytes.subarray(at, at + 4).join(".");
}

/** The 16 bytes of an IPv6 address in brackets. */
function bytesOf(host: string): Buffer {
  const [front = [], back = []] = host
    .slice(1, -1)
    .split("::")
    .map((part) => part.split(":").filter((group) => group !== ""));
  const missing = new Array<string>(Math.max(0, 8 - front.length - back.length)).fill("0");
  const hex = [...front, ...missing, ...back].map((group) => group.padStart(4, "0")).join("");
  return Buffer.from(hex, "hex");
}
