import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { CONNECTION_HEADERS, isHeaderText, metadataKeyProblem } from "./branch-headers.ts";

test.for([
  ["x-tenant", undefined],
  ["X_Tenant.1", undefined],
  ["bin", undefined],
  ["", "is not a gRPC metadata key"],
  ["a b", "is not a gRPC metadata key"],
  ["a:b", "is not a gRPC metadata key"],
  ["é", "is not a gRPC metadata key"],
  // In lower case, the Kelvin sign is a k.
  ["\u212a", "is not a gRPC metadata key"],
  ["GRPC-timeout", "is reserved by gRPC"],
  ["token-BIN", "would announce binary gRPC metadata"],
] as const)("the key %j: %s", ([name, problem]) => {
  const found = metadataKeyProblem(name);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
});

test("header text is printable ASCII", () => {
  const text = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(isHeaderText);
  expect(text.join("")).toBe(Buffer.from(Array.from({ length: 95 }, (_, i) => 32 + i)).toString("latin1"));
  expect(isHeaderText("")).toBe(true);
  expect(isHeaderText("a\nb")).toBe(false);
});

test("names of the connection are written as they are looked up", () => {
  for (const name of CONNECTION_HEADERS) expect(name).toBe(name.toLowerCase());
});
