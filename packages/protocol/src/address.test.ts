// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders that nobody filled in are what is tested.
import { describe, expect, test } from "vitest";
import { authorityOf, isAddress, splitAddress } from "./address.ts";

describe("an address", () => {
  test.for([
    ["127.0.0.1:1", "127.0.0.1", 1],
    ["localhost:36789", "localhost", 36_789],
    ["user_rpc.ns-1:8080", "user_rpc.ns-1", 8_080],
    ["h.:65535", "h.", 65_535],
    ["[::1]:80", "::1", 80],
    ["[fe80::1%eth0]:80", "fe80::1%eth0", 80],
  ] as const)("%s has the host %s and the port %i", ([text, host, port]) => {
    expect(splitAddress(text)).toEqual({ host, port });
    expect(authorityOf({ host, port })).toBe(text);
    expect(isAddress(text)).toBe(true);
  });

  test("with port 0 cannot be called", () => {
    expect(splitAddress("h:0")).toEqual({ host: "h", port: 0 });
    expect(isAddress("h:0")).toBe(false);
  });

  test.for([
    "",
    "h",
    ":80",
    "h:",
    "h:65536",
    "h:080000",
    "h:-1",
    "h:8o",
    " h:80",
    "h :80",
    "h:80/a",
    "u@h:80",
    "-h:80",
    "a..b:80",
    "{{host}}:80",
    "${HOST}:80",
    "255.255.255.255:80",
    "h-:80",
    "::1:80",
    "[::1:80",
    "[h]:80",
    "h1:1,h2:2",
    "é:80",
  ])("is not %j", (text) => {
    expect(splitAddress(text)).toBeUndefined();
    expect(isAddress(text)).toBe(false);
  });
});
