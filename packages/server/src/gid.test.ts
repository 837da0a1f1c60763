// Goal: G1 and G2 of gid.ts, and the layout of RFC 9562.
// Method: a clock and bytes given by the test; properties over any history of the clock.
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGidSource } from "./gid.ts";
import type { EpochMs } from "./transaction/model.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function gidsAt(times: readonly number[], bytes: (count: number) => Uint8Array = randomBytes): string[] {
  let next = 0;
  const newGid = createGidSource({
    clock: { now: () => (times[Math.min(next++, times.length - 1)] ?? 0) as EpochMs },
    randomBytes: bytes,
  });
  return times.map(() => newGid());
}

function timestampMsOf(gid: string): number {
  return Number.parseInt(gid.slice(0, 8) + gid.slice(9, 13), 16);
}

describe("a gid", () => {
  test("carries the milliseconds of the example in RFC 9562, A.6, and all bits of its bytes", () => {
    expect(gidsAt([0x017f22e279b0], (count) => new Uint8Array(count).fill(0xff))).toEqual([
      "017f22e2-79b0-77ff-bfff-ffffffffffff",
    ]);
    expect(gidsAt([0x017f22e279b0], (count) => new Uint8Array(count))).toEqual([
      "017f22e2-79b0-7000-8000-000000000000",
    ]);
  });

  test.for([0, 2 ** 48 - 1])("can be dated %i", (now) => {
    expect(gidsAt([now]).map(timestampMsOf)).toEqual([now]);
  });

  test.for([-1, 2 ** 48, Number.NaN])("cannot be dated %d", (now) => {
    expect(() => gidsAt([now])).toThrow("no gid can hold");
  });

  test("G1: sorts after all before it, whatever the clock does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 200 }), (times) => {
        const gids = gidsAt(times);
        for (const gid of gids) expect(gid).toMatch(UUID_V7);
        expect([...gids].sort()).toEqual(gids);
        expect(new Set(gids).size).toBe(gids.length);
        expect(timestampMsOf(gids.at(-1) ?? "")).toBe(Math.max(...times));
      }),
    );
  });

  test("G1: a millisecond with more gids than the counter holds is dated ahead", () => {
    const gids = gidsAt(Array.from({ length: 10_000 }, () => 1_000));
    expect(gids.every((gid, index) => index === 0 || gid > (gids[index - 1] ?? ""))).toBe(true);
    expect(timestampMsOf(gids.at(-1) ?? "")).toBeGreaterThan(1_000);
    expect(timestampMsOf(gids.at(-1) ?? "")).toBeLessThan(1_006);
  });

  test("G2: two sources at the same moment make different ones", () => {
    const times = Array.from({ length: 1_000 }, () => 1_000);
    const endings = [...gidsAt(times), ...gidsAt(times)].map((gid) => gid.slice(19));
    expect(new Set(endings).size).toBe(2_000);
  });
});
