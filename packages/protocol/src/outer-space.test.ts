// Goal: white space is what Go calls white space, and a long text of it costs no more than its length.
import { expect, test } from "vitest";
import { withoutOuterSpace, withoutSpaceAtEnd } from "./outer-space.ts";

test.for([
  ["", "", ""],
  [" a b\r\n", "a b", " a b"],
  ["\u0085\u00a0a\u2028", "a", "\u0085\u00a0a"],
  ["\u3000汉\u3000\t", "汉", "\u3000汉"],
  ["\ufeffa\ufeff", "\ufeffa\ufeff", "\ufeffa\ufeff"],
  ["a\u200b", "a\u200b", "a\u200b"],
  [" \n ", "", ""],
] as const)("%j is %j, and %j where only the end is trimmed", ([text, inner, start]) => {
  expect(withoutOuterSpace(text)).toBe(inner);
  expect(withoutSpaceAtEnd(text)).toBe(start);
});

test("a megabyte of spaces inside a text is looked at once", () => {
  const text = `a${" ".repeat(1024 * 1024)}b`;
  expect(withoutOuterSpace(text)).toBe(text);
});
