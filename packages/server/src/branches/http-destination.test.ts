// Goal: a redirect leads where its Location says, seen from the request, and never to where nobody should follow.
import { expect, test } from "vitest";
import { redirectedDestination } from "./http-destination.ts";

test.for([
  ["/b?y=2", "http://h:1/b?y=2"],
  ["b", "http://h:1/a/b"],
  ["?y=2", "http://h:1/a/x?y=2"],
  ["//other/b#f", "http://other/b"],
  ["https://other:2/b", "https://other:2/b"],
] as const)("a redirect to %j leads to %s", ([location, to]) => {
  const from = { origin: "http://h:1", host: "h:1", path: "/a/x" };
  const destination = redirectedDestination(from, location);
  expect(`${destination?.origin}${destination?.path}`).toBe(to);
});

test.for(["ftp://h/a", "file:///etc/passwd", "http://u:p@h/", "http://[", "javascript:alert(1)"])(
  "a redirect to %j is not followed",
  (location) => {
    const from = { origin: "http://h:1", host: "h:1", path: "/a/x" };
    expect(redirectedDestination(from, location)).toBeUndefined();
  },
);
