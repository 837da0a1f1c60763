// Goal: each URL has one transport and one destination. api/admission/branch-url-check.test.ts tests which URLs have a
//   problem, and what callers read then.
import { expect, test } from "vitest";
import { destinationOf, planOf } from "./branch-plan.ts";

test.for([
  ["http", "http://a:1/x/y?z", "http://a:1"],
  ["http", "HTTP://A:1", "http://a:1"],
  ["http", "https://a/x", "https://a"],
  ["http", "http://a:80/x", "http://a"],
  ["http", "https://a:443/x", "https://a"],
  ["http", "http://a:443/x", "http://a:443"],
  ["http", "http://a?x=/", "http://a"],
  ["grpc", "http://a/x", "http://a"],
  ["json-rpc", "http://a/x", "http://a"],
  ["json-rpc", "http://a/x?method=add", "http://a"],
  ["grpc", "localhost:8080/user.User/save", "localhost:8080"],
  ["grpc", "etcd://h1:2379,h2:2379/user.rpc/user.User/Save", "etcd://h1:2379,h2:2379/user.rpc"],
  ["grpc", "direct:///a:1,b:2/user.User/Save", "direct:///a:1,b:2"],
] as const)("%s %s is behind %s, and called there", ([protocol, url, destination]) => {
  expect(destinationOf(url, protocol)).toBe(destination);
  const plan = planOf(url, protocol);
  const overHttp = url.includes("method=") ? "jsonRpc" : "http";
  expect(plan.kind).toBe(destination.startsWith("http") ? overHttp : "grpc");
});

test.for([
  ["http://a?method=add", "add"],
  ["http://a/method?x=1&method=a%2Fb+c&method=d#method=e", "a/b c"],
  ["http://a/rpc?a=?&method=%C3%A9", "é"],
] as const)("%s is called by JSON-RPC, with its first method", ([url, method]) => {
  expect(planOf(url, "json-rpc")).toMatchObject({ kind: "jsonRpc", method });
  for (const protocol of ["http", "grpc"] as const) expect(planOf(url, protocol).kind).toBe("http");
});

test.for(["http://a/method", "http://a/x?method=", "http://a/x?xmethod=1", "http://a/x#?method=b"])(
  "%s has the word for JSON-RPC, and no method to call",
  (url) => {
    expect(planOf(url, "json-rpc")).toMatchObject({
      kind: "problem",
      problem: expect.stringContaining("names no method"),
    });
  },
);

test.for(["", "ftp://h/a", "http://169.254.169.254/a", "localhost:8080"])(
  "%j is called nowhere, and so has no destination",
  (url) => {
    expect(destinationOf(url, "http")).toBe("");
  },
);
