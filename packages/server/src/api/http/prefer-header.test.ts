import { expect, test } from "vitest";
import { waitMsOfPrefer } from "./prefer-header.ts";

test.for([
  ["wait=3", 3_000],
  ["wait=0.25", 250],
  ["wait=0", 0],
  ['WAIT = "2"', 2_000],
  ["respond-async, wait=10", 10_000],
  ["return=minimal; wait=1", 1_000],
  ["wait=-1", undefined],
  ["wait=soon", undefined],
  ["await=5", undefined],
  ["wait", undefined],
  ["", undefined],
] as const)("Prefer: %s waits %s ms", ([header, waitMs]) => {
  expect(waitMsOfPrefer(header)).toBe(waitMs);
});

test("the header may be absent, or come twice", () => {
  expect(waitMsOfPrefer(undefined)).toBeUndefined();
  expect(waitMsOfPrefer(["respond-async", "wait=2"])).toBe(2_000);
});
