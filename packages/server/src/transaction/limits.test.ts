// Goal: a text that is cut for people stays well-formed, so that every reader of JSON accepts it.
import { expect, test } from "vitest";
import { cutText } from "./limits.ts";

test.for([
  ["abc", 3, "abc"],
  ["abcd", 3, "ab…"],
  ["a😀b", 4, "a😀b"],
  ["a😀bc", 4, "a😀…"],
  // One character more would be half of the pair, which has no UTF-8 form.
  ["a😀bc", 3, "a…"],
] as const)("%j cut to %i is %j", ([text, charactersMax, cut]) => {
  expect(cutText(text, charactersMax)).toBe(cut);
  expect(cutText(text, charactersMax).isWellFormed()).toBe(true);
});
