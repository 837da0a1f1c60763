// Goal: a gid that one transport, store or table would fold into another gid is refused, with a sentence that says why.
import { describe, expect, test } from "vitest";
import { gidMetadataProblem, gidProblem } from "./gid.ts";

describe("gidProblem", () => {
  test.for([
    "a",
    "0199-abcd",
    "order 7",
    "a/b?c=d&e#f",
    "bestellung-é",
    "日本😀",
    "x".repeat(128),
    "it's \\ % \" $1",
  ])("takes %j", (gid) => {
    expect(gidProblem(gid)).toBeUndefined();
  });

  test.for([
    ["", /^gid is empty; ask the coordinator/],
    ["x".repeat(129), /^gid has 129 characters, but may have 128/],
    ["a\ud800", /^gid is not valid Unicode/],
    ["\udc00", /^gid is not valid Unicode/],
    ["a\u0000b", /^gid "a\\u0000b" has a control character/],
    ["a\tb", /control character/],
    ["a\nb", /control character/],
    ["a\r", /control character/],
    ["a\u007fb", /control character/],
    ["\u0085a", /control character/],
    ["a\u009fb", /control character/],
    [" a", /^gid " a" begins or ends with white space/],
    ["a ", /white space/],
    [" ", /white space/],
    ["\u00a0a", /white space/],
    ["a\u3000", /white space/],
    ["a\u2028", /white space/],
    ["\ufeffa", /white space/],
    ["a;b", /^gid "a;b" has a semicolon/],
  ] as const)("refuses %j", ([gid, problem]) => {
    expect(gidProblem(gid)).toMatch(problem);
  });
});

describe("gidMetadataProblem", () => {
  test.for(["a", "order 7", "~!@#", "x".repeat(128)])("takes %j", (gid) => {
    expect(gidMetadataProblem(gid)).toBeUndefined();
  });

  test.for(["bestellung-é", "日本", "😀", "a\u00a0b"])("refuses %j", (gid) => {
    expect(gidMetadataProblem(gid)).toMatch(/is not ASCII, so gRPC cannot carry it to a branch/);
  });
});
