// Goal: a branch is called by the method that dtm's clients listen for (protocol 4.2).
import { expect, test } from "vitest";
import { branchMethodOf } from "./branch-method.ts";

test.for([
  ["saga", 2, "POST"],
  ["saga", 0, "GET"],
  ["tcc", 2, "POST"],
  ["tcc", 0, "GET"],
  ["msg", 0, "GET"],
  ["xa", 0, "POST"],
] as const)("%s with %d bytes: %s", ([transType, bytes, method]) => {
  expect(branchMethodOf({ transType, payload: new Uint8Array(bytes) })).toBe(method);
});
