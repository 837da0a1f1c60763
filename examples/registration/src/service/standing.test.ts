import { expect, test } from "vitest";
import { Standing } from "./standing.ts";

test("changes are told, and repetitions are not", () => {
  const standing = new Standing();
  const told: unknown[] = [];
  standing.listen((trouble) => told.push(trouble));
  standing.well();
  expect(told).toEqual([]);
  for (const word of ["first", "second", "third"]) standing.trouble(word);
  expect([standing.isWell, told]).toEqual([false, ["first"]]);
  standing.well();
  standing.well();
  expect([standing.isWell, told]).toEqual([true, ["first", undefined]]);
  standing.trouble(undefined);
  expect(told[2]).toBeInstanceOf(Error);
});
