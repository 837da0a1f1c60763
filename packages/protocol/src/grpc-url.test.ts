// Goal: protocol 9.2's rules and examples for dtm's default and go-zero drivers, and a sentence for what can
// never be called.
import fc from "fast-check";
import { expect, test } from "vitest";
import { LockstepError } from "./error.ts";
import { splitGrpcUrl } from "./grpc-url.ts";

test.for([
  ["localhost:36790/dtmgimp.Dtm/NewGid", "localhost:36790", "/dtmgimp.Dtm/NewGid"],
  ["localhost:8080/user.User/saveUser", "localhost:8080", "/user.User/saveUser"],
  ["[::1]:8080/user.User/saveUser", "[::1]:8080", "/user.User/saveUser"],
  ["etcd://localhost:2379/user.rpc/user.User/Save", "etcd://localhost:2379/user.rpc", "/user.User/Save"],
  ["etcd://h1:2379,h2:2379/user.rpc/user.User/Save", "etcd://h1:2379,h2:2379/user.rpc", "/user.User/Save"],
  ["discov://h1:2379/user.rpc/user.User/Save", "discov://h1:2379/user.rpc", "/user.User/Save"],
  [
    "direct:///10.0.0.1:8080,10.0.0.2:8080/user.User/Save",
    "direct:///10.0.0.1:8080,10.0.0.2:8080",
    "/user.User/Save",
  ],
  ["k8s://ns/svc:8080/user.User/Save", "k8s://ns/svc:8080", "/user.User/Save"],
  ["discovery:///user-svc/user.User/Save", "discovery:///user-svc", "/user.User/Save"],
  ["consul://h:8500/svc?wait=14s/pkg.Svc/M", "consul://h:8500/svc", "/pkg.Svc/M"],
  ["nacos://h:8848/svc?namespaceid=a&timeout=1s/pkg.Svc/M", "nacos://h:8848/svc", "/pkg.Svc/M"],
  ["consul://h:8500/svc/pkg.Svc/M?wait=14s", "consul://h:8500/svc", "/pkg.Svc/M"],
  ["etcd://h:2379/user.rpc/user.User/Save?a=1#b", "etcd://h:2379/user.rpc", "/user.User/Save"],
  ["etcd://user:pass@h:2379/user.rpc/user.User/Save", "etcd://h:2379/user.rpc", "/user.User/Save"],
  ["etcd://h:2379/user%2Dsvc/user.User/Save", "etcd://h:2379/user-svc", "/user.User/Save"],
  ["etcd://h:2379/a/user.rpc/user.User/Save", "etcd://h:2379/a", "/user.rpc/user.User/Save"],
  ["grpc://h:8080/Save", "grpc://h:8080", "/Save"],
  ["h:1/S", "h:1", "/S"],
  // Only the URLs of Consul and Nacos have their own settings in the middle.
  ["etcd://h:2379/svc?wait=14s/pkg.Svc/M", "etcd://h:2379", "/svc"],
] as const)("%s", ([url, target, method]) => {
  expect(splitGrpcUrl(url)).toEqual({ target, method });
});

test.for([
  ["", "no '/' found"],
  ["localhost:8080", "bad url: \"localhost:8080\". no '/' found"],
  ["/user.User/Save", "no host"],
  ["localhost:8080/", "no method"],
  ["etcd://localhost:2379", "no '/' found"],
  ["etcd://localhost:2379/", "no method"],
  ["etcd://localhost:2379/user.rpc/", "no method"],
  ["direct:///Save", "no host"],
  ["//h:2379/user.rpc/user.User/Save", "scheme://"],
  ["localhost:8080//user.User/Save", "scheme://"],
  ["1etcd://h/user.rpc/user.User/Save", "scheme://"],
  ["etcd://h:2379/user%zz.rpc/user.User/Save", "percent sign"],
  ["etcd://h:2379/%ff/user.User/Save", "percent sign"],
  ["local host:8080/user.User/Save", "spaces"],
  ["localhost:8080/user.User/Save\n", "control characters"],
] as const)("%j is refused: %s", ([url, sentence]) => {
  const refusal = refusalOf(() => splitGrpcUrl(url));
  expect(refusal.code).toBe("invalid_argument");
  expect(refusal.message).toContain(sentence);
  expect(refusal.message).toMatch(/^bad url: "/);
});

test("what is wrong with a percent sign is kept as the cause", () => {
  expect(refusalOf(() => splitGrpcUrl("etcd://h/%ff/a.B/C")).cause).toBeInstanceOf(URIError);
});

test("a long bad URL is not said back in full", () => {
  expect(refusalOf(() => splitGrpcUrl("x".repeat(10_000))).message.length).toBeLessThan(400);
});

test("target and method put together again are the URL, where nothing is dropped", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/);
  const host = fc.tuple(word, fc.integer({ min: 1, max: 65_535 })).map(([name, port]) => `${name}:${port}`);
  const method = fc.tuple(word, word).map(([service, rpc]) => `/${service}/${rpc}`);
  const target = fc.oneof(
    host,
    fc
      .tuple(word, fc.array(host, { minLength: 1, maxLength: 3 }), word)
      .map(([scheme, hosts, key]) => `${scheme}://${hosts.join(",")}/${key}`),
  );
  fc.assert(
    fc.property(target, method, (target, method) => {
      expect(splitGrpcUrl(target + method)).toEqual({ target, method });
    }),
  );
});

function refusalOf(run: () => unknown): LockstepError {
  try {
    run();
  } catch (error) {
    if (error instanceof LockstepError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
