// Goal: the moves of protocol 5.1 are allowed, and no other.
import { expect, test } from "vitest";
import { STATUSES } from "./model.ts";
import { canMove } from "./status.ts";

test.for([
  ["prepared", ["prepared", "submitted", "aborting", "succeed", "failed"]],
  ["submitted", ["submitted", "aborting", "succeed", "failed"]],
  ["aborting", ["aborting", "failed"]],
  ["succeed", ["succeed"]],
  ["failed", ["failed"]],
] as const)("%s moves to %o", ([from, allowed]) => {
  expect(STATUSES.filter((to) => canMove(from, to))).toEqual(allowed);
});
