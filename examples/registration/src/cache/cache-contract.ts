import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cache } from "./cache.ts";

/** The tests that every cache must pass. No other test uses their keys. */
export function cacheContract(name: string, open: () => Promise<Cache>): void {
  describe(`${name} as a Cache`, () => {
    let cache: Cache;
    let nextKey = 0;
    const aKey = (): string => `cache-contract:${process.pid}:${nextKey++}`;
    const long = { ttlMs: 60_000 };

    beforeAll(async () => {
      cache = await open();
    });
    afterAll(() => cache.close());

    test("what was filled is there, and what was not is not", async () => {
      const key = aKey();
      expect(await cache.get(key)).toBeUndefined();
      await cache.fill(key, "é *", long);
      expect(await cache.get(key)).toBe("é *");
      await cache.fill(key, "", long);
      expect(await cache.get(key)).toBe("");
    });

    test("C1: after a drop the key is gone and stays so, whoever fills it", async () => {
      const key = aKey();
      await cache.fill(key, "before", long);
      await cache.drop(key);
      expect(await cache.get(key)).toBeUndefined();
      await cache.fill(key, "before", long);
      expect(await cache.get(key)).toBeUndefined();
      await cache.drop(key);
      expect(await cache.get(key)).toBeUndefined();
    });

    test("it answers", async () => {
      await expect(cache.ping()).resolves.toBeUndefined();
    });

    test("a drop holds off no other key", async () => {
      const [dropped, other] = [aKey(), aKey()];
      await cache.drop(dropped);
      await cache.fill(other, "text", long);
      expect(await cache.get(other)).toBe("text");
    });
  });
}
