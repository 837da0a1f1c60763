// Goal: a call has our headers, overridden by the transaction's in whatever case, and none that break the framing.
import { expect, test } from "vitest";
import { headersForOtherHost, httpHeadersOf } from "./http-headers.ts";

const OURS = {
  "content-type": "application/json",
  "user-agent": "lockstep/1",
  "accept-encoding": "identity",
  accept: "application/json",
};

test.for([
  ["none", {}, OURS],
  ["one more", { H: "1" }, { ...OURS, h: "1" }],
  [
    "another JSON",
    { "Content-Type": "text/x+json; a=b" },
    { ...OURS, "content-type": "text/x+json; a=b", accept: "text/x+json; a=b" },
  ],
  [
    "no JSON",
    { "CONTENT-TYPE": "text/plain" },
    { "content-type": "text/plain", "user-agent": "lockstep/1", "accept-encoding": "identity" },
  ],
  ["an accept of its own", { Accept: "*/*" }, { ...OURS, accept: "*/*" }],
  ["a user agent of its own", { "User-Agent": "me" }, { ...OURS, "user-agent": "me" }],
  [
    "the connection's",
    {
      Connection: "close",
      "Content-Length": "7",
      "transfer-Encoding": "chunked",
      Expect: "100-continue",
      "accept-encoding": "gzip",
    },
    OURS,
  ],
  ["UTF-8", { name: "é用" }, { ...OURS, name: "\u00c3\u00a9\u00e7\u0094\u00a8" }],
] as const)("%s", ([, branchHeaders, expected]) => {
  expect(asRecord(httpHeadersOf(branchHeaders, "lockstep/1"))).toEqual(expected);
});

test("what is meant for one host does not follow a redirect to another", () => {
  const headers = httpHeadersOf(
    { Authorization: "Bearer t", cookie: "c", host: "h", "x-tenant": "cookie" },
    "lockstep/1",
  );
  expect(asRecord(headersForOtherHost(headers))).toEqual({ ...OURS, "x-tenant": "cookie" });
});

function asRecord(list: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < list.length; i += 2) record[list[i] ?? ""] = list[i + 1] ?? "";
  expect(Object.keys(record)).toHaveLength(list.length / 2);
  return record;
}
