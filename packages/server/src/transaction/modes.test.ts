// Goal: the table of modes is asked by its own words alone.
import { expect, test } from "vitest";
import { MODES, modeOf, TRANS_TYPES } from "./modes.ts";

test("every row is found by its word", () => {
  expect(TRANS_TYPES).toEqual(Object.keys(MODES));
  for (const [transType, mode] of Object.entries(MODES)) expect(modeOf(transType)).toBe(mode);
});

test.for(["", "sagas", "SAGA", "toString", "__proto__"])("'%s' is no row", (transType) => {
  expect(() => modeOf(transType)).toThrow(
    `a transaction has one of the modes of the table, not '${transType}'`,
  );
});
