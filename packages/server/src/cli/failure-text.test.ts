// Goal: a failure is a sentence and an exit code, without secrets, and without a stack unless somebody asks for it.
import { LockstepError } from "@lockstep/protocol";
import { expect, test } from "vitest";
import { failureOf } from "./failure-text.ts";

test.for([
  [new LockstepError("unavailable", "port 1 is taken"), 1, "lockstep: port 1 is taken\n"],
  [new LockstepError("invalid_argument", "a is wrong"), 2, "lockstep: a is wrong\n"],
  [
    new LockstepError("invalid_argument", "a is wrong\nb is wrong"),
    2,
    "lockstep: 2 problems:\n  a is wrong\n  b is wrong\n",
  ],
  [new LockstepError("internal", "x"), 1, "lockstep: internal failure: x\n(--log-level debug shows where)\n"],
  [new TypeError("x is no y"), 1, "lockstep: internal failure: x is no y\n(--log-level debug shows where)\n"],
  [new Error(""), 1, "lockstep: internal failure: no message\n(--log-level debug shows where)\n"],
  ["a text", 1, "lockstep: internal failure: a text\n(--log-level debug shows where)\n"],
  [new LockstepError("unavailable", "postgres://u:hunter2@h"), 1, "lockstep: postgres://u:[redacted]@h\n"],
] as const)("%s exits with %i", ([thrown, exitCode, text]) => {
  expect(failureOf(thrown, { showStack: false })).toEqual({ text, exitCode });
});

test("the stack and those of the causes are shown when asked for, without secrets", () => {
  const thrown = new Error("outer", { cause: new Error("inner password=hunter2") });
  const { text } = failureOf(thrown, { showStack: true });
  expect(text).toMatch(/^lockstep: internal failure: outer\nError: outer\n +at .*failure-text\.test\.ts/);
  expect(text).toMatch(/caused by Error: inner password=\[redacted\]\n +at /);
});
