import { LockstepError, outcomeOfHttp } from "@lockstep/protocol";
import { describe, expect, test } from "vitest";
import { TransactionFailedError } from "../coordinator/transaction-error.ts";
import { Failure, Ongoing } from "./failure.ts";
import { httpAnswerOf } from "./http-answer.ts";

class NoMoney extends Failure {}

// The query makes it another module, as a second copy of the package is.
const another: typeof import("./failure.ts") = await import(`${"./failure.ts"}?copy`);
test("another copy has another class", () => expect(another.Failure).not.toBe(Failure));

describe("httpAnswerOf", () => {
  test.for<[string, unknown, number, string, string]>([
    ["a Failure", new Failure("no money"), 409, "no money", "failure"],
    ["Ongoing", new Ongoing("at the bank"), 425, "at the bank", "ongoing"],
    ["a failure of a kind of its own", new NoMoney("no money"), 409, "no money", "failure"],
    // A bundler and two versions in one tree make such copies.
    ["a Failure of another copy", new another.Failure("no money"), 409, "no money", "failure"],
    ["Ongoing of another copy", new another.Ongoing("at the bank"), 425, "at the bank", "ongoing"],
    [
      "an error of the database",
      new Error("duplicate key 'alice@example.org'"),
      500,
      "internal error",
      "unknown",
    ],
    ["what is not an error", "oops", 500, "internal error", "unknown"],
    [
      "a call without branch context",
      new LockstepError("invalid_argument", "invalid trans info: …"),
      400,
      "invalid trans info: …",
      "unknown",
    ],
    // Another transaction's failure is this branch's own only when it says so.
    [
      "another transaction's failure",
      new TransactionFailedError("g2", "no money"),
      500,
      "internal error",
      "unknown",
    ],
  ])("answers %s", ([, error, status, text, kind]) => {
    const answer = httpAnswerOf(error);
    expect(answer).toEqual({ status, body: { error: text } });
    // And that is how a coordinator reads it.
    expect(outcomeOfHttp({ status, body: JSON.stringify(answer.body) }).kind).toBe(kind);
  });
});
