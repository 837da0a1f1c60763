// Goal: what the door spares itself to measure is never more than it says.
import fc from "fast-check";
import { expect, test } from "vitest";
import { branchIdOf, type Gid } from "../../transaction/model.ts";
import { sentUrlBytes, sentUrlBytesAtMost } from "./branch-call-size.ts";

test("a URL is never sent as more bytes than its length allows for", () => {
  const urls = fc
    .tuple(fc.constantFrom("http://a/", "https://b:1/?", "c:1/p.S/", ""), fc.string({ unit: "binary" }))
    .map(([start, rest]) => start + rest);
  const gids = fc.string({ unit: "binary", maxLength: 128 }) as fc.Arbitrary<Gid>;
  const ops = fc.constantFrom("action" as const, "compensate" as const);
  fc.assert(
    fc.property(urls, gids, fc.nat({ max: 999 }), ops, (url, gid, index, op) => {
      const call = { gid, branchId: branchIdOf(index), op, transType: "workflow" };
      expect(sentUrlBytes(url, call)).toBeLessThanOrEqual(sentUrlBytesAtMost(url, call));
    }),
  );
});
