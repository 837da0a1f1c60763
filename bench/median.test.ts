import { expect, test } from "vitest";
import { medianOf } from "./median.ts";

test.for([
  [[7], 7],
  [[3, 1, 2], 2],
  [[10, 9, 1, 2], 5.5],
  [[100, 20, 3], 20],
] as const)("the median of %j is %f", ([values, median]) => {
  expect(medianOf(values)).toBe(median);
});

test("there is no median of nothing", () => {
  expect(medianOf([])).toBeNaN();
});
