// Goal: our own mistakes stop at the place where they are made, and say which rule they broke.
import { expect, test } from "vitest";
import { invariant, unreachable } from "./invariant.ts";

test("a rule that holds says nothing", () => {
  expect(() => invariant(true, "I1: never said")).not.toThrow();
});

test("a rule that does not hold is the message", () => {
  const broken = () => invariant(false, "I3: a final status never changes");
  expect(broken).toThrow(
    expect.objectContaining({ name: "InvariantError", message: "I3: a final status never changes" }),
  );
});

test("a member that a switch does not know is named", () => {
  const unknown = { kind: "postpone" } as never;
  expect(() => unreachable(unknown)).toThrow(
    expect.objectContaining({ name: "InvariantError", message: 'unreachable: {"kind":"postpone"}' }),
  );
});
