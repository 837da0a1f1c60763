import { expect, test } from "vitest";
import { withResultWord } from "./result-word.ts";

test.for([
  ["no money", "FAILURE", "no money FAILURE"],
  ["no money FAILURE", "FAILURE", "no money FAILURE"],
  ["no money FAILURE FAILURE", "FAILURE", "no money FAILURE FAILURE"],
  ["no money FAILURE", "ONGOING", "no money FAILURE ONGOING"],
  ["wait", "ONGOING", "wait ONGOING"],
  ["wait ONGOING", "ONGOING", "wait ONGOING"],
  ["FAILURE", "FAILURE", "FAILURE FAILURE"],
  ["no money FAILURE\n", "FAILURE", "no money FAILURE"],
  ["no money FAILURE \r\n", "FAILURE", "no money FAILURE"],
  ["no money\n", "FAILURE", "no money\n FAILURE"],
  ["", "FAILURE", " FAILURE"],
  ["", "ONGOING", " ONGOING"],
] as const)("%j with %s is %j", ([text, word, wanted]) => {
  expect(withResultWord(text, word)).toBe(wanted);
  expect(withResultWord(wanted, word)).toBe(wanted);
});
