import { describe, expect, test } from "vitest";
import type { Gid } from "../transaction/model.ts";
import { GidMap } from "./gid-map.ts";

const one = "one" as Gid;
const other = "other" as Gid;

describe("a map of gids", () => {
  test("answers what was set last, and nothing for what was never set", () => {
    const map = new GidMap<{ readonly n: number }>();
    map.set(one, { n: 1 });
    map.set(one, { n: 2 });
    expect(map.get(one)).toEqual({ n: 2 });
    expect(map.get(other)).toBeUndefined();
    expect(map.size).toBe(1);
  });

  test("forgets what is deleted, and only that", () => {
    const map = new GidMap<{ readonly n: number }>();
    map.set(one, { n: 1 });
    map.set(other, { n: 2 });
    map.delete(one);
    map.delete(one);
    expect(map.get(one)).toBeUndefined();
    expect(map.values()).toEqual([{ n: 2 }]);
    expect(map.size).toBe(1);
  });

  test("may be changed by whoever walks over its values", () => {
    const map = new GidMap<{ readonly gid: Gid }>();
    map.set(one, { gid: one });
    map.set(other, { gid: other });
    for (const { gid } of map.values()) map.delete(gid);
    expect(map.size).toBe(0);
  });
});
