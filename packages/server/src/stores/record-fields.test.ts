// Goal: a member of another kind than the one that an encoder writes is refused, and the message says which it was.
import { expect, test } from "vitest";
import {
  arrayOf,
  CorruptRecord,
  fieldsOf,
  numberOf,
  parseArray,
  parseFields,
  textOf,
  wordOf,
} from "./record-fields.ts";

const KINDS = { object: { a: 1 }, array: [1], text: "a", number: 0, null: null, nothing: undefined } as const;

test.for([
  ["object", (value: unknown) => fieldsOf(value, "thing"), "The stored thing is not a JSON object."],
  ["array", (value: unknown) => arrayOf(value, "thing"), "The stored thing is not an array."],
  ["text", (value: unknown) => textOf(value, "thing"), "The stored thing is not text."],
  ["number", (value: unknown) => numberOf(value, "thing"), "The stored thing is not a number."],
] as const)("%s", ([kind, read, message]) => {
  expect(read(KINDS[kind])).toBe(KINDS[kind]);
  for (const [other, value] of Object.entries(KINDS)) {
    if (other !== kind) expect(() => read(value), other).toThrow(new CorruptRecord(message));
  }
});

test("a word is one of those that there are", () => {
  expect(wordOf("b", ["a", "b"], "thing")).toBe("b");
  for (const other of ["B", "", null, ["b"]]) {
    const message = `The stored thing is ${JSON.stringify(other)}, not one of a, b.`;
    expect(() => wordOf(other, ["a", "b"], "thing")).toThrow(new CorruptRecord(message));
  }
});

test("text that is no JSON, or JSON of the other kind", () => {
  expect(parseFields('{"a":1}', "thing")).toEqual({ a: 1 });
  expect(parseArray("[1]", "thing")).toEqual([1]);
  for (const text of ["", "{", '{"a":1}x']) {
    expect(() => parseFields(text, "thing")).toThrow(new CorruptRecord("The stored thing is not JSON."));
  }
  expect(() => parseFields("[1]", "thing")).toThrow("not a JSON object");
  expect(() => parseArray('{"a":1}', "thing")).toThrow("not an array");
});
