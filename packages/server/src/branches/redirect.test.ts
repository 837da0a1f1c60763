// Goal: a redirect leads where its Location says, resolved against the request, with the same method and body, and never
//   to a forbidden address.
// Method: tables; fast-check draws the spellings of a forbidden address.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { HttpRequest } from "./http-exchange.ts";
import { redirected } from "./redirect.ts";

const FROM: HttpRequest = {
  method: "POST",
  destination: { origin: "http://h:1", host: "h:1", path: "/a/x" },
  headers: [],
  body: Buffer.from("{}"),
};

function followed(location: string): string {
  const next = redirected(FROM, { status: 307, location });
  return typeof next === "string" ? next : next.destination.origin + next.destination.path;
}

test.for([
  ["/b?y=2", "http://h:1/b?y=2"],
  ["b", "http://h:1/a/b"],
  ["?y=2", "http://h:1/a/x?y=2"],
  ["//other/b#f", "http://other/b"],
  ["https://other:2/b", "https://other:2/b"],
  ["http://169.253.0.1/b", "http://169.253.0.1/b"],
])("a redirect to %j leads to %s", ([location = "", to]) => {
  expect(followed(location)).toBe(to);
});

test.for([
  "ftp://h/a",
  "file:///etc/passwd",
  "http://u:p@h/",
  "http://[",
  "javascript:alert(1)",
  "//{{host}}/a",
  "//h:0/",
])("a redirect to %j is not followed", (location) => {
  expect(followed(location)).toBe("to a Location that cannot be called");
});

test.for([
  "http://169.254.169.254/latest/meta-data?token=secret",
  "//169.254.169.254:80/",
  "https://0xa9fea9fe/",
  "http://2852039166/",
  "http://0251.0376.0251.0376/",
  "http://169.254.43518/",
  "http://[::ffff:169.254.169.254]/",
  "http://[fe80::1]:8080/",
  "http://[fd00:ec2::254]/",
  "http://100.100.100.200/",
  "http://METADATA.google.internal./",
  String.raw`\\169.254.169.254\secret`,
  "http:\t//169.254.169.254/secret",
])("a redirect to %j is not followed, and the answer says why without the address", (location) => {
  const fault = followed(location);
  expect(fault).toMatch(/^to a Location that names a link-local or metadata address, which is never called/);
  expect(fault).not.toMatch(/secret|169/);
});

test.for([301, 302, 303])("%i would send a POST on without its body, and so is not followed", (status) => {
  expect(redirected(FROM, { status, location: "/b" })).toMatch(
    /^to a page that is asked with GET and without the body/,
  );
});

test.for([301, 302, 303, 307, 308])("%i sends a GET on as it is", (status) => {
  const next = redirected({ ...FROM, method: "GET", body: null }, { status, location: "/b" });
  expect(next).toMatchObject({ method: "GET", body: null, destination: { path: "/b" } });
});

test.for([307, 308])("%i sends a POST on with its body", (status) => {
  expect(redirected(FROM, { status, location: "/b" })).toMatchObject({ method: "POST", body: FROM.body });
});

test("no spelling of 169.254.0.0/16 is followed", () => {
  const part = fc.nat({ max: 255 });
  const spellings = fc.constantFrom(
    (third: number, fourth: number) => `169.254.${third}.${fourth}`,
    (third: number, fourth: number) => `169.254.${third * 256 + fourth}`,
    (third: number, fourth: number) => `0xa9.0376.${third}.0x${fourth.toString(16)}`,
    (third: number, fourth: number) => `${0xa9fe0000 + third * 256 + fourth}`,
    (third: number, fourth: number) => `[::ffff:169.254.${third}.${fourth}]`,
  );
  fc.assert(
    fc.property(part, part, spellings, (third, fourth, spelling) => {
      expect(followed(`http://${spelling(third, fourth)}/`)).toContain("never called");
    }),
  );
});
