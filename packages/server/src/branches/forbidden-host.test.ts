// Goal: no spelling of a metadata or link-local address is called, and addresses beside them are.
// Method: tables for each way to hide an IPv4 address in an IPv6 address; fast-check draws the address.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isForbiddenAddress, isForbiddenPlace } from "./forbidden-host.ts";

/** The host as `URL` gives it. */
function placeOf(host: string): string {
  return new URL(`http://${host}`).host;
}

function hexOf(ipv4: readonly number[]): string {
  return ipv4.map((part) => part.toString(16).padStart(2, "0")).join("");
}

/** `prefix` and the address behind it, written with colons; digits that are not given are 0. */
function ipv6(digits: string): string {
  const groups = digits.padEnd(32, "0").match(/.{4}/g) ?? [];
  return `[${groups.join(":")}]`;
}

const HIDDEN: ReadonlyArray<readonly [string, (v4: readonly number[]) => string]> = [
  ["dotted", (v4) => v4.join(".")],
  ["dotted, with the dot of the root", (v4) => `${v4.join(".")}.`],
  ["one number", (v4) => String(Number.parseInt(hexOf(v4), 16))],
  ["one hex number", (v4) => `0x${hexOf(v4)}`],
  ["octal parts", (v4) => v4.map((part) => `0${part.toString(8)}`).join(".")],
  ["two parts", ([a, b = 0, c = 0, d = 0]) => `${a}.${b * 65_536 + c * 256 + d}`],
  ["three parts", ([a, b, c = 0, d = 0]) => `${a}.${b}.${c * 256 + d}`],
  ["::ffff:0:0/96", (v4) => ipv6(`${"0".repeat(20)}ffff${hexOf(v4)}`)],
  ["::ffff:0:0/96, dotted", (v4) => `[::ffff:${v4.join(".")}]`],
  ["::/96", (v4) => ipv6("0".repeat(24) + hexOf(v4))],
  ["::ffff:0:0:0/96", (v4) => ipv6(`${"0".repeat(16)}ffff0000${hexOf(v4)}`)],
  ["64:ff9b::/96", (v4) => ipv6(`0064ff9b${"0".repeat(16)}${hexOf(v4)}`)],
  ["64:ff9b:1::/96", (v4) => ipv6(`0064ff9b0001${"0".repeat(12)}${hexOf(v4)}`)],
  ["64:ff9b:1::/48", (v4) => ipv6(`0064ff9b0001${hexOf(v4).slice(0, 4)}00${hexOf(v4).slice(4)}`)],
  ["64:ff9b:1:ab00::/56", (v4) => ipv6(`0064ff9b0001ab${hexOf(v4).slice(0, 2)}00${hexOf(v4).slice(2)}`)],
  ["64:ff9b:1:abcd::/64", (v4) => ipv6(`0064ff9b0001abcd00${hexOf(v4)}`)],
  ["2002::/16", (v4) => ipv6(`2002${hexOf(v4)}`)],
  ["2002::/16, with a host", (v4) => ipv6(`2002${hexOf(v4)}0001${"0".repeat(15)}1`)],
  ["Teredo, the server", (v4) => ipv6(`20010000${hexOf(v4)}`)],
  ["Teredo, the client", (v4) => ipv6(`20010000${"1".repeat(16)}${hexOf(v4.map((part) => part ^ 0xff))}`)],
  ["ISATAP", (v4) => ipv6(`20010db8${"0".repeat(8)}00005efe${hexOf(v4)}`)],
  ["ISATAP, a global one", (v4) => ipv6(`20010db8${"0".repeat(8)}02005efe${hexOf(v4)}`)],
];

describe.for(HIDDEN)("%s", ([, hidden]) => {
  const part = fc.nat({ max: 255 });

  test("hides no forbidden address", () => {
    const forbidden = fc.oneof(
      fc.tuple(fc.constant(169), fc.constant(254), part, part),
      fc.constantFrom([100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192]),
    );
    fc.assert(
      fc.property(forbidden, (v4) => {
        expect(isForbiddenPlace(placeOf(hidden(v4)))).toBe(true);
        expect(isForbiddenAddress(`${hidden(v4)}:8080`)).toBe(true);
      }),
    );
  });

  test("may name any other machine", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.constantFrom(10, 172, 192), fc.integer({ min: 1, max: 253 }), part, part),
        (v4) => {
          expect(isForbiddenPlace(placeOf(hidden(v4)))).toBe(false);
          expect(isForbiddenAddress(`${hidden(v4)}:8080`)).toBe(false);
        },
      ),
    );
  });
});

test.for([
  "[2001:db8::a9fe:a9fe]",
  "[fd00:c1::a9fe:a9fe]",
  "[2001:db8:64::6464:64c8]",
  "[2001:db8::a83f:8110]",
])("%s, behind a prefix that only its network knows, is a metadata address", (host) => {
  expect(isForbiddenPlace(placeOf(host))).toBe(true);
});

test.for(["[2001:db8::a9fe:a9fd]", "[2001:db8::1]", "[::1]", "[::]", "[fd00:ec2::255]", "instance-database"])(
  "%s is called",
  (host) => {
    expect(isForbiddenPlace(placeOf(host))).toBe(false);
  },
);
