import { isAddress, LockstepError } from "@lockstep/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TARGET_LENGTH_MAX } from "./limits.ts";
import { parseTarget } from "./target.ts";

const statics = (name: string, ...addresses: string[]) => ({ kind: "static", name, addresses });
const etcd = (name: string, endpoints: string[], key: string) => ({ kind: "etcd", name, endpoints, key });

test.for([
  ["localhost:8080", statics("localhost:8080", "localhost:8080")],
  ["h1:1,h2:65535", statics("h1:1,h2:65535", "h1:1", "h2:65535")],
  ["h1:1, h2:2", statics("h1:1, h2:2", "h1:1", "h2:2")],
  ["h1:1,h1:1", statics("h1:1,h1:1", "h1:1")],
  ["[::1]:80,10.0.0.1:80", statics("[::1]:80,10.0.0.1:80", "[::1]:80", "10.0.0.1:80")],
  ["direct:///10.0.0.1:8080", statics("direct:///10.0.0.1:8080", "10.0.0.1:8080")],
  ["direct:///h_1.ns:1,h2:2", statics("direct:///h_1.ns:1,h2:2", "h_1.ns:1", "h2:2")],
  ["direct:///h1:1?x=1", statics("direct:///h1:1", "h1:1")],
  ["etcd://h:2379/user.rpc", etcd("etcd://h:2379/user.rpc", ["h:2379"], "user.rpc")],
  [
    "etcd://h1:2379,h2:2379/user.rpc",
    etcd("etcd://h1:2379,h2:2379/user.rpc", ["h1:2379", "h2:2379"], "user.rpc"),
  ],
  ["discov://h:2379/user.rpc", etcd("etcd://h:2379/user.rpc", ["h:2379"], "user.rpc")],
  ["ETCD://h:2379/user.rpc", etcd("etcd://h:2379/user.rpc", ["h:2379"], "user.rpc")],
  ["etcd://h:2379/a/user.rpc", etcd("etcd://h:2379/a/user.rpc", ["h:2379"], "a/user.rpc")],
  ["etcd://h:2379/a%2Fb%20c", etcd("etcd://h:2379/a/b c", ["h:2379"], "a/b c")],
  ["etcd://u:p@h1:2379,h2:2379/k", etcd("etcd://h1:2379,h2:2379/k", ["h1:2379", "h2:2379"], "k")],
  ["etcd://h:2379/k#part", etcd("etcd://h:2379/k", ["h:2379"], "k")],
] as const)("%s is read", ([text, target]) => {
  expect(parseTarget(text)).toEqual(target);
});

test("user and password are read from the query, decoded, and stay out of the name", () => {
  expect(parseTarget("etcd://h:2379/dtmservice?user=U&password=P%26%40w&x=1")).toEqual({
    ...etcd("etcd://h:2379/dtmservice", ["h:2379"], "dtmservice"),
    user: "U",
    password: "P&@w",
  });
});

test.for([
  ["", "host:port"],
  ["localhost", "host:port"],
  ["localhost:", "host:port"],
  [":8080", "host:port"],
  ["localhost:0", "from 1 to 65535"],
  ["localhost:65536", "from 1 to 65535"],
  ["h1:1,,h2:2", "host:port"],
  ["h1:1/path", "host:port"],
  ["::1:80", "host:port"],
  ["direct:///", "host:port"],
  ["direct://h1:1,h2:2", "three slashes"],
  ["etcd:///user.rpc", "host:port"],
  ["etcd://h/user.rpc", "host:port"],
  ["etcd://h:2379", "needs a key"],
  ["etcd://h:2379/", "needs a key"],
  ["etcd://h:2379/user.rpc/", "needs a key"],
  ["etcd://h:2379//user.rpc", "needs a key"],
  ["etcd://h:2379/%zz", "percent-escape"],
  ["consul://h:8500/user.rpc", 'supported are "host:port"'],
  ["http://h:8080", '"etcd://host:2379,…/key"'],
  [`${"h".repeat(TARGET_LENGTH_MAX)}:1`, `${TARGET_LENGTH_MAX} characters`],
] as const)("%s is refused", ([text, hint]) => {
  const error = refusalOf(text);
  expect(error.code).toBe("invalid_argument");
  expect(error.message).toContain(hint);
});

describe("a refusal never shows a password", () => {
  test.for([
    "etcd://user:s3cret@h/k",
    "etcd://user:s3?cret@h/k",
    "etcd://h:2379?user=u&password=s3cret",
    "etcd://h:2379?user=u&password=a@s3cret",
    "etcd://h:2379/k/#s3cret",
    "consul://h:8500/k?token=s3cret",
    "user:s3cret@localhost",
    '{"Addr":"h:1","ClientConfig":{"Password":"s3cret"}}',
  ])("%s", (text) => {
    expect(refusalOf(text).message).not.toContain("s3");
  });
});

const ports = fc.integer({ min: 1, max: 65_535 });
const hosts = fc
  .oneof(fc.domain(), fc.ipV4(), fc.constantFrom("localhost", "[::1]", "user-rpc", "a_b.svc"))
  // Longer names and the addresses of groups are no hosts (protocol's host-name.test.ts).
  .filter((host) => host.length <= 253 && !/^(22[4-9]|2[3-5]\d)\.[\d.]+$/.test(host));
const addresses = fc.tuple(hosts, ports).map(([host, port]) => `${host}:${port}`);
const addressLists = fc.uniqueArray(addresses, { minLength: 1, maxLength: 5 });
const keys = fc
  .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
  .filter((key) => !/^\/|\/$/.test(key));

test("every list of addresses comes back as it was written, by either form", () => {
  fc.assert(
    fc.property(addressLists, fc.constantFrom("", "direct:///"), (list, scheme) => {
      expect(parseTarget(scheme + list.join(","))).toMatchObject({ kind: "static", addresses: list });
    }),
  );
});

test("every etcd target comes back as it was written, and its name never holds the account", () => {
  fc.assert(
    fc.property(addressLists, keys, fc.string(), fc.string(), (endpoints, key, user, password) => {
      const query = new URLSearchParams({ user, password }).toString();
      const target = parseTarget(`discov://${endpoints.join(",")}/${encodeURIComponent(key)}?${query}`);
      expect(target).toEqual({
        ...etcd(`etcd://${endpoints.join(",")}/${key}`, endpoints, key),
        user,
        password,
      });
    }),
  );
});

test("any text is a target or is refused with invalid_argument", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `etcd://h:1/${rest}`),
    fc.webUrl(),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const target = parseTarget(text);
        expect((target.kind === "etcd" ? target.endpoints : target.addresses).every(isAddress)).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ name: "LockstepError", code: "invalid_argument" });
      }
    }),
    { numRuns: 1_000 },
  );
});

function refusalOf(text: string): LockstepError {
  try {
    parseTarget(text);
  } catch (error) {
    if (error instanceof LockstepError) return error;
    throw error;
  }
  throw new Error(`"${text}" was read as a target`);
}
