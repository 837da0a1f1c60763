// Goal: the query of protocol 4.2 appended, and not a character of the branch's own URL changed.
import fc from "fast-check";
import { expect, test } from "vitest";
import { branchUrlOf } from "./branch-url.ts";

const parameters = { branchId: "01", gid: "g1", op: "action", transType: "saga" };
const query = "branch_id=01&gid=g1&op=action&trans_type=saga";

test.for([
  ["http://localhost:8080/api/out", `http://localhost:8080/api/out?${query}`],
  ["http://localhost:8080", `http://localhost:8080?${query}`],
  ["http://h/p?a=1", `http://h/p?a=1&${query}`],
  ["http://h/p?a=1&", `http://h/p?a=1&&${query}`],
  ["http://h/p?", `http://h/p?${query}`],
  ["http://h/p?gid=mine&op=x", `http://h/p?gid=mine&op=x&${query}`],
  ["http://h/a b/%2f/é?q=a b+c", `http://h/a b/%2f/é?q=a b+c&${query}`],
  ["http://h/p#part", `http://h/p?${query}#part`],
  ["http://h/p?a=1#part?x", `http://h/p?a=1&${query}#part?x`],
  ["HTTP://User:Pass@H:80/../p", `HTTP://User:Pass@H:80/../p?${query}`],
])("%s", ([url = "", wanted]) => {
  expect(branchUrlOf(url, parameters)).toBe(wanted);
});

test.for([
  ["plain-._~09AZ", "plain-._~09AZ"],
  ["a b", "a+b"],
  ["a+b", "a%2Bb"],
  ["a&b=c#d?e/f", "a%26b%3Dc%23d%3Fe%2Ff"],
  ["!'()*", "%21%27%28%29%2A"],
  ["é😀", "%C3%A9%F0%9F%98%80"],
  ["\ud800", "%EF%BF%BD"],
  ["", ""],
])("the gid %j is written %s", ([gid = "", written]) => {
  expect(branchUrlOf("http://h", { ...parameters, gid })).toBe(
    `http://h?branch_id=01&gid=${written}&op=action&trans_type=saga`,
  );
});

test("what is appended reads back as it was given", () => {
  const text = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(
    fc.property(text, text, text, text, (branchId, gid, op, transType) => {
      const url = branchUrlOf("http://h/p?own=1", { branchId, gid, op, transType });
      expect([...new URLSearchParams(url.slice(url.indexOf("?")))]).toEqual([
        ["own", "1"],
        ["branch_id", branchId],
        ["gid", gid],
        ["op", op],
        ["trans_type", transType],
      ]);
    }),
  );
});
