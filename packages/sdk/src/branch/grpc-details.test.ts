import fc from "fast-check";
import { expect, test } from "vitest";
import { GRPC_DETAILS_BYTES_MAX, grpcDetailsOf } from "./grpc-details.ts";

test.for([
  ["nothing", "", ""],
  ["a short text", "no money: 100 % gone", "no money: 100 % gone"],
  ["half a character", "a\ud800b", "a\ufffdb"],
  ["the longest that fits", "x".repeat(GRPC_DETAILS_BYTES_MAX), "x".repeat(GRPC_DETAILS_BYTES_MAX)],
  // "…" takes nine bytes.
  ["one more", "x".repeat(GRPC_DETAILS_BYTES_MAX + 1), `${"x".repeat(GRPC_DETAILS_BYTES_MAX - 9)}…`],
  ["what takes twelve bytes each", "😀".repeat(1_000), `${"😀".repeat(340)}…`],
] as const)("%s", ([, text, expected]) => {
  expect(grpcDetailsOf(text)).toBe(expected);
});

test("any text fits, is well-formed, and is the same text as far as it goes", () => {
  const long = fc.string({ unit: "binary", maxLength: 3 * GRPC_DETAILS_BYTES_MAX, size: "max" });
  const broken = fc
    .array(fc.integer({ min: 0xd700, max: 0xe000 }))
    .map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(fc.oneof(long, broken), (text) => {
      const details = grpcDetailsOf(text);
      expect(details.isWellFormed()).toBe(true);
      expect(encodeURI(details).length).toBeLessThanOrEqual(GRPC_DETAILS_BYTES_MAX);
      const kept = details === text.toWellFormed() ? details : details.slice(0, -1);
      expect(text.toWellFormed().startsWith(kept)).toBe(true);
    }),
  );
});
