// Goal: every error class of the SDK is known by instanceof across two copies of the package in one process.
// Method: the query makes another module of the same file, as a second copy of the package is.
import { LockstepError } from "@lockstep/protocol";
import { expect, test } from "vitest";
import * as barrier from "./barrier/duplicated-error.ts";
import * as failure from "./branch/failure.ts";
import * as transaction from "./coordinator/transaction-error.ts";

const other = {
  ...((await import(`${"./barrier/duplicated-error.ts"}?copy`)) as typeof barrier),
  ...((await import(`${"./branch/failure.ts"}?copy`)) as typeof failure),
  ...((await import(`${"./coordinator/transaction-error.ts"}?copy`)) as typeof transaction),
};
const mine = { ...barrier, ...failure, ...transaction };

const NAMES = [
  "DuplicatedError",
  "Failure",
  "Ongoing",
  "TransactionFailedError",
  "TransactionOngoingError",
] as const;

test.for(NAMES)("%s is known in both copies, and is none of the other classes", (name) => {
  expect(other[name]).not.toBe(mine[name]);
  const [ours, theirs] = [mine, other].map((copy): Error => Reflect.construct(copy[name], ["x"]));
  expect(NAMES.filter((each) => theirs instanceof mine[each])).toEqual([name]);
  expect(NAMES.filter((each) => ours instanceof other[each])).toEqual([name]);
  expect(theirs instanceof LockstepError).toBe(name.endsWith("Error"));
});

test("a user's own kind of Failure is a Failure in both copies, and told from it", () => {
  class NoMoney extends failure.Failure {}
  expect(new NoMoney("no money")).toBeInstanceOf(other.Failure);
  expect(new failure.Failure("no money") instanceof NoMoney).toBe(false);
});
