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
  ["grpc", "localhost:8080/user.User/save", "localhost:8080"],
  ["grpc", "etcd://h1:2379,h2:2379/user.rpc/user.User/Save", "etcd://h1:2379,h2:2379/user.rpc"],
  ["grpc", "direct:///a:1,b:2/user.User/Save", "direct:///a:1,b:2"],
] as const)("%s %s is behind %s, and called there", ([protocol, url, destination]) => {
  expect(destinationOf(url, protocol)).toBe(destination);
  const plan = planOf(url, protocol);
  expect(plan.kind).toBe(destination.startsWith("http") ? "http" : "grpc");
});

test.for(["", "ftp://h/a", "http://169.254.169.254/a", "localhost:8080"])(
  "%j is called nowhere, and so has no destination",
  (url) => {
    expect(destinationOf(url, "http")).toBe("");
  },
);
