import { expect, test } from "vitest";
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
