// Goal: ops are read and replaced by branch and name, and what is not touched stays the same object.
import { expect, test } from "vitest";
import {
  at,
  isBusy,
  mapOps,
  opOf,
  replaceOp,
  touchedOpOf,
  UNTOUCHED,
  untouchedBranches,
} from "./progress.ts";
import { aSaga } from "./saga/saga-fixture.ts";

const RAN = { ...UNTOUCHED, mayHaveRun: true };
const progress = { ...aSaga({ stepCount: 2 }).progress, branches: [{ action: RAN }, {}] };

test("an op that nothing has happened to is read as untouched", () => {
  expect(opOf(progress, { branch: 0, op: "action" })).toBe(RAN);
  expect(opOf(progress, { branch: 0, op: "compensate" })).toBe(UNTOUCHED);
  expect(opOf(progress, { branch: 1, op: "action" })).toBe(UNTOUCHED);
  for (const op of ["constructor", "__proto__"]) expect(opOf(progress, { branch: 1, op })).toBe(UNTOUCHED);
});

test("an op that nothing has happened to is no touched one, whatever it is called", () => {
  expect(touchedOpOf(progress, { branch: 0, op: "action" })).toBe(RAN);
  for (const op of ["compensate", "constructor", "__proto__"])
    expect(touchedOpOf(progress, { branch: 0, op })).toBeUndefined();
  expect(touchedOpOf(progress, { branch: 2, op: "action" })).toBeUndefined();
});

test("a branch that is not there is an error", () => {
  expect(() => opOf(progress, { branch: 2, op: "action" })).toThrow(new RangeError("index 2 of 2"));
  expect(() => replaceOp(progress, { branch: -1, op: "action" }, RAN)).toThrow(RangeError);
  expect(at(["a", "b"], 1)).toBe("b");
});

test("one op is replaced, and the others stay", () => {
  const busy = { ...RAN, inFlight: true };
  const replaced = replaceOp(progress, { branch: 0, op: "compensate" }, busy);
  expect(replaced).toEqual({ ...progress, branches: [{ action: RAN, compensate: busy }, {}] });
  expect(replaced.branches[1]).toBe(progress.branches[1]);
});

test("every touched op is changed, by its name", () => {
  const both = { ...progress, branches: [{ action: RAN, compensate: UNTOUCHED }, {}, { confirm: RAN }] };
  const names: string[] = [];
  const changed = mapOps(both, (op, name) => {
    names.push(name);
    return { ...op, attemptCount: op.attemptCount + 1 };
  });
  expect(names).toEqual(["action", "compensate", "confirm"]);
  expect(changed.branches).toEqual([
    { action: { ...RAN, attemptCount: 1 }, compensate: { ...UNTOUCHED, attemptCount: 1 } },
    {},
    { confirm: { ...RAN, attemptCount: 1 } },
  ]);
});

test("an op may have any name", () => {
  const named = replaceOp(progress, { branch: 1, op: "__proto__" }, RAN);
  const changed = mapOps(named, (op) => ({ ...op, attemptCount: 7 }));
  expect(opOf(changed, { branch: 1, op: "__proto__" })).toEqual({ ...RAN, attemptCount: 7 });
  expect(Object.getPrototypeOf(changed.branches[1])).toBe(Object.prototype);
});

test("a branch is busy while a call of any of its ops is out", () => {
  expect(isBusy({})).toBe(false);
  expect(isBusy({ action: RAN, compensate: RAN })).toBe(false);
  expect(isBusy({ action: RAN, compensate: { ...RAN, inFlight: true } })).toBe(true);
});

test("new branches have no ops", () => {
  expect(untouchedBranches(2)).toEqual([{}, {}]);
  expect(untouchedBranches(0)).toEqual([]);
});
