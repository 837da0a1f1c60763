// Goal: a request goes where its URL says, path and query as they were given, and nowhere when readers could disagree.
// Method: tables; that the origin is what the standard's URL sees is drawn by fast-check.
import fc from "fast-check";
import { expect, test } from "vitest";
import { httpDestinationOf, redirectedDestination } from "./http-destination.ts";

test.for([
  ["http://h/a?x=1", "http://h", "h", "/a?x=1"],
  ["http://h:80/a", "http://h", "h", "/a"],
  ["https://H:8443", "https://h:8443", "h:8443", "/"],
  ["HTTP://h?x=1", "http://h", "h", "/?x=1"],
  ["http://h/a/../b//c/./d", "http://h", "h", "/a/../b//c/./d"],
  ["http://h/a%2Fb?q=%7e~'\"{}|\\^`", "http://h", "h", "/a%2Fb?q=%7e~'\"{}|\\^`"],
  ["http://h/a b\r\nx: y", "http://h", "h", "/a%20b%0D%0Ax:%20y"],
  ["http://h/订单?名=é", "http://h", "h", "/%E8%AE%A2%E5%8D%95?%E5%90%8D=%C3%A9"],
  ["http://h/\ud800", "http://h", "h", "/%EF%BF%BD"],
  ["http://h/a#b?c", "http://h", "h", "/a"],
  ["http://h/a@b:c", "http://h", "h", "/a@b:c"],
  ["http://[::1]:8080/a", "http://[::1]:8080", "[::1]:8080", "/a"],
] as const)("%j goes to %s", ([url, origin, host, path]) => {
  expect(httpDestinationOf(url)).toEqual({ origin, host, path });
});

test.for([
  "",
  "http://",
  "http:///a",
  "ftp://h/a",
  "h:80/a",
  " http://h/a",
  "http://u:p@h/a",
  "http://u@h/a",
  "http://a b/c",
  "http://good\\evil/",
  "http://good\t.evil/",
  "http://h:99999/",
  "http://[::1/a",
])("%j goes nowhere", (url) => {
  expect(httpDestinationOf(url)).toBeUndefined();
});

test("the origin is the one that the standard's URL sees", () => {
  const urls = fc.tuple(
    fc.constantFrom("http://", "https://"),
    fc.webAuthority({ withPort: true }),
    fc.webPath(),
  );
  fc.assert(
    fc.property(urls, ([scheme, authority, path]) => {
      expect(httpDestinationOf(scheme + authority + path)?.origin).toBe(
        URL.parse(scheme + authority)?.origin,
      );
    }),
  );
});

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
