import { describe, expect, test } from "vitest";
import { CODES } from "./codes.ts";
import { LockstepError } from "./error.ts";

test("an error carries its sentence as it is, and what is known beside it", () => {
  const cause = new Error("socket hang up");
  const error = new LockstepError("failed", "It was rolled back.", {
    cause,
    gid: "g",
    status: "failed",
    reason: "no money FAILURE",
  });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "LockstepError",
    message: "It was rolled back.",
    code: "failed",
    gid: "g",
    status: "failed",
    reason: "no money FAILURE",
    cause,
  });
});

test("without a cause there is none", () => {
  expect(new LockstepError("internal", "A bug.")).not.toHaveProperty("cause");
});

test("dtm's statuses stand for what dtm's clients take them for", () => {
  const codesWith = (http: number) =>
    Object.entries(CODES).flatMap(([code, row]) => (row.http === http ? [code] : []));
  // 409 is FAILURE and 425 ONGOING to every dtm client: no other code may use them.
  expect(codesWith(409)).toEqual(["wrong_status", "failed"]);
  expect(codesWith(425)).toEqual(["ongoing"]);
  for (const { http, grpc } of Object.values(CODES)) {
    expect(grpc === 10).toBe(http === 409);
    expect(grpc === 9).toBe(http === 425);
  }
});

// The query makes it another module, as a second copy of the package is.
const another: typeof import("./error.ts") = await import(`${"./error.ts"}?copy`);

describe("an error is known by instanceof", () => {
  test("across two copies of the package, in both directions", () => {
    expect(another.LockstepError).not.toBe(LockstepError);
    expect(new another.LockstepError("internal", "A bug.")).toBeInstanceOf(LockstepError);
    expect(new LockstepError("internal", "A bug.")).toBeInstanceOf(another.LockstepError);
  });

  test.for<[string, unknown]>([
    ["an error of somebody else", new Error("internal")],
    [
      "one that looks the same",
      Object.assign(new Error("A bug."), { name: "LockstepError", code: "internal" }),
    ],
    ["an object with the same members", { ...new LockstepError("internal", "A bug.") }],
    ["a text", "LockstepError"],
    ["nothing", undefined],
    ["null", null],
    // As a mocking library makes one: it has every member, with a value of its own.
    ["an object that has everything", new Proxy({}, { get: () => () => undefined, has: () => true })],
  ])("and not %s", ([, foreign]) => {
    expect(foreign instanceof LockstepError).toBe(false);
  });

  test("and a user's own subclass is told from its parent", () => {
    class OutOfStock extends LockstepError {}
    expect(new OutOfStock("failed", "No pens.")).toBeInstanceOf(OutOfStock);
    expect(new OutOfStock("failed", "No pens.")).toBeInstanceOf(another.LockstepError);
    expect(new LockstepError("failed", "No pens.") instanceof OutOfStock).toBe(false);
  });
});
