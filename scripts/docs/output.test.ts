import { expect, test } from "vitest";
import { isShownBy } from "./output.ts";

test.for([
  ["a", "a\n", true],
  ["a", "ab", false],
  ["a", "b", false],
  ["a.c", "abc", false],
  ['{"gid":"…","x":1}', '{"gid":"01a2","x":1}', true],
  ['{"gid":"…","x":1}', '{"gid":"01a2","x":2}', false],
  ["a …", "a \nb", false],
  ["a\n…\nd", "a\nb\nc\nd", true],
  ["a\n…\nd", "a\nd", true],
  ["a\n…\nd", "a\nb\nc", false],
  ["a\n…", "a\nb\nc", true],
  ["a\n…", "b\nb\nc", false],
  ["", "something", false],
] as const)("%j shows %j: %s", ([shown, written, is]) => {
  expect(isShownBy(shown, written)).toBe(is);
});
