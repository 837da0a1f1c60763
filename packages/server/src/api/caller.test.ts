// Goal: a caller has all roles, and has a trace only where its `traceparent` is well-formed.
import { expect, test } from "vitest";
import { ALL_ROLES, callerFrom } from "./caller.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test.for([TRACE, TRACE.replace(/^00/, "cc")])("%s is a trace", (traceparent) => {
  expect(callerFrom("http ::1", traceparent)).toEqual({ actor: "http ::1", roles: ALL_ROLES, traceparent });
});

test.for([
  undefined,
  "",
  "x",
  TRACE.toUpperCase(),
  TRACE.replace(/^00/, "ff"),
  `${TRACE}-more`,
  `${TRACE}, ${TRACE}`,
  `${TRACE}\n`,
  TRACE.replace("0af7651916cd43dd8448eb211c80319c", "0".repeat(32)),
  TRACE.replace("b7ad6b7169203331", "0".repeat(16)),
  [TRACE],
  Buffer.from(TRACE),
])("%j is no trace", (traceparent) => {
  expect(callerFrom("http ::1", traceparent)).toEqual({ actor: "http ::1", roles: ALL_ROLES });
});
