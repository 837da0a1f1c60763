// Goal: every row of protocol 4.5's gRPC table, and every other code unknown.
import { expect, test } from "vitest";
import { outcomeOfGrpc } from "./grpc-outcome.ts";

test.for([
  [0, "", { kind: "success" }],
  [0, "FAILURE", { kind: "success" }],
  [10, "ONGOING", { kind: "ongoing" }],
  [10, "ONGOING ", { kind: "failure", reason: "ONGOING  FAILURE" }],
  [10, "still ONGOING", { kind: "failure", reason: "still ONGOING FAILURE" }],
  [10, "no money", { kind: "failure", reason: "no money FAILURE" }],
  [10, "no money FAILURE", { kind: "failure", reason: "no money FAILURE" }],
  [10, "no money FAILURE\n", { kind: "failure", reason: "no money FAILURE" }],
  [10, "", { kind: "failure", reason: " FAILURE" }],
  [9, "", { kind: "ongoing" }],
  [9, "FAILURE", { kind: "ongoing" }],
  [2, "a FAILURE in passing", { kind: "unknown", cause: "gRPC UNKNOWN: a FAILURE in passing" }],
  [4, "", { kind: "unknown", cause: "gRPC DEADLINE_EXCEEDED" }],
  [14, "no connection", { kind: "unknown", cause: "gRPC UNAVAILABLE: no connection" }],
  [16, "who?", { kind: "unknown", cause: "gRPC UNAUTHENTICATED: who?" }],
  [99, "?", { kind: "unknown", cause: "gRPC 99: ?" }],
  [-1, "", { kind: "unknown", cause: "gRPC -1" }],
] as const)("%i %j", ([code, message, outcome]) => {
  expect(outcomeOfGrpc({ code, message })).toEqual(outcome);
});

test("only three codes are answers; every other one means ask again", () => {
  const answers = Array.from({ length: 17 }, (_, code) => code).filter(
    (code) => outcomeOfGrpc({ code, message: "x" }).kind !== "unknown",
  );
  expect(answers).toEqual([0, 9, 10]);
});
