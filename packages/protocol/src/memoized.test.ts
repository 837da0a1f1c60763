// Goal: what is read often is read once, within the limits of the memory.
import { expect, test } from "vitest";
import { memoized } from "./memoized.ts";

/** A function that tells what it was asked to read. */
function aReader(limits: { readonly countMax?: number; readonly argumentCharactersMax?: number } = {}) {
  const asked: string[] = [];
  const read = memoized(
    (text) => {
      asked.push(text);
      return text.toUpperCase();
    },
    { countMax: 100, argumentCharactersMax: 100, ...limits },
  );
  return { asked, read };
}

test("the same text is read once", () => {
  const { asked, read } = aReader();
  expect(["a", "b", "a", "b"].map(read)).toEqual(["A", "B", "A", "B"]);
  expect(asked).toEqual(["a", "b"]);
});

test("as many results as the limit are kept; one more, and all are forgotten", () => {
  const { asked, read } = aReader({ countMax: 2 });
  for (const text of ["a", "b", "a", "b", "c", "c", "a"]) read(text);
  expect(asked).toEqual(["a", "b", "c", "a"]);
});

test("a longer text is read each time, and costs the others nothing", () => {
  const { asked, read } = aReader({ countMax: 1, argumentCharactersMax: 2 });
  for (const text of ["ab", "abc", "abc", "ab"]) expect(read(text)).toBe(text.toUpperCase());
  expect(asked).toEqual(["ab", "abc", "abc"]);
});
