// Goal: a request goes where its URL says, path and query as they were given, and nowhere when readers could disagree.
// Method: tables; that the origin is what the standard's URL sees is drawn by fast-check.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders that nobody filled in are what is tested.
import fc from "fast-check";
import { expect, test } from "vitest";
import { isHttpUrl, splitHttpUrl } from "./http-url.ts";

test.for([
  ["http://h/a?x=1", "http://h", "h", "/a?x=1"],
  ["http://h:80/a", "http://h", "h", "/a"],
  ["https://H:8443", "https://h:8443", "h:8443", "/"],
  ["HTTP://h?x=1", "http://h", "h", "/?x=1"],
  ["http://h/a/../b//c/./d", "http://h", "h", "/a/../b//c/./d"],
  ["http://h/a%2Fb?q=%7e~'\"{}|\\^`", "http://h", "h", "/a%2Fb?q=%7e~'\"{}|\\^`"],
  ["http://h/a b\r\nx: y", "http://h", "h", "/a%20b%0D%0Ax:%20y"],
  ["http://h/订单?名=é", "http://h", "h", "/%E8%AE%A2%E5%8D%95?%E5%90%8D=%C3%A9"],
  ["http://h/😀", "http://h", "h", "/%F0%9F%98%80"],
  ["http://h/\ud800", "http://h", "h", "/%EF%BF%BD"],
  ["http://h/a#b?c", "http://h", "h", "/a"],
  ["http://h/a@b:c", "http://h", "h", "/a@b:c"],
  ["http://[::1]:8080/a", "http://[::1]:8080", "[::1]:8080", "/a"],
] as const)("%j goes to %s", ([url, origin, host, path]) => {
  expect(splitHttpUrl(url)).toEqual({ origin, host, path });
  expect(isHttpUrl(url)).toBe(true);
});

test.for([
  ["", "noHost"],
  ["http://", "noHost"],
  ["http:///a", "noHost"],
  ["http://?a", "noHost"],
  ["ftp://h/a", "noHost"],
  ["h:80/a", "noHost"],
  [" http://h/a", "noHost"],
  ["http://u:p@h/a", "credentials"],
  ["http://u@h/a", "credentials"],
  ["http://a b/c", "badHost"],
  ["http://good\\evil/", "badHost"],
  ["http://good\t.evil/", "badHost"],
  ["http://h:99999/", "badHost"],
  ["http://[::1/a", "badHost"],
  ["http://:80/a", "badHost"],
  ["http://:/a", "badHost"],
  ["http://{{host}}/pay", "badHost"],
  ["http://${HOST}/", "badHost"],
  ["http://$HOST:8080/", "badHost"],
  ["http://%7B%7Bhost%7D%7D/", "badHost"],
  ["http://a..b/", "badHost"],
  ["http://h:0/", "badHost"],
  ["http://239.1.1.1/", "badHost"],
] as const)("%j has %s", ([url, fault]) => {
  expect(splitHttpUrl(url)).toBe(fault);
});

test.for(["ftp://h", "h:80/http://h", " http://h", "http:/h", "https:h", "/a?u=http://h"])(
  "%j is no HTTP URL",
  (url) => {
    expect(isHttpUrl(url)).toBe(false);
  },
);

test("the origin is the one that the standard's URL sees", () => {
  const urls = fc.tuple(
    fc.constantFrom("http://", "https://"),
    fc.webAuthority({ withPort: true }).filter((authority) => !authority.endsWith(":0")),
    fc.webPath(),
  );
  fc.assert(
    fc.property(urls, ([scheme, authority, path]) => {
      expect(splitHttpUrl(scheme + authority + path)).toHaveProperty(
        "origin",
        URL.parse(scheme + authority)?.origin,
      );
    }),
  );
});

test("a host is read the same the first time, again, and after thousands of others", () => {
  const read = (): unknown => ["http://Seen.Before:80/a", "http://seen before/"].map(splitHttpUrl);
  const first = read();
  expect(first).toEqual([{ origin: "http://seen.before", host: "seen.before", path: "/a" }, "badHost"]);
  expect(read()).toEqual(first);
  for (let i = 0; i < 3_000; i += 1) {
    expect(splitHttpUrl(`http://h${i}/`)).toHaveProperty("host", `h${i}`);
  }
  expect(read()).toEqual(first);
});
