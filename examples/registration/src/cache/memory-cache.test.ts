import { expect, test } from "vitest";
import { CACHE_HOLD_OFF_MS, CACHE_KEYS_MAX } from "../limits.ts";
import { cacheContract } from "./cache-contract.ts";
import { MemoryCache } from "./memory-cache.ts";

cacheContract("the memory", async () => new MemoryCache());

test("a text ends with its time, and a hold-off with its own", async () => {
  let nowMs = 0;
  const cache = new MemoryCache(() => nowMs);
  await cache.fill("a", "1", { ttlMs: 100 });
  nowMs = 99;
  expect(await cache.get("a")).toBe("1");
  nowMs = 100;
  expect(await cache.get("a")).toBeUndefined();

  await cache.drop("a");
  nowMs += CACHE_HOLD_OFF_MS - 1;
  await cache.fill("a", "2", { ttlMs: 100 });
  expect(await cache.get("a")).toBeUndefined();
  nowMs += 1;
  await cache.fill("a", "2", { ttlMs: 100 });
  expect(await cache.get("a")).toBe("2");
});

test("a second drop holds off anew, and lets the others' end as before", async () => {
  let nowMs = 0;
  const cache = new MemoryCache(() => nowMs);
  await cache.drop("a");
  await cache.drop("b");
  nowMs = 1_000;
  await cache.drop("a");
  nowMs = CACHE_HOLD_OFF_MS;
  for (const key of ["a", "b"]) await cache.fill(key, key, { ttlMs: 100 });
  expect([await cache.get("a"), await cache.get("b")]).toEqual([undefined, "b"]);
});

test("of too many keys the oldest gives way", async () => {
  const cache = new MemoryCache();
  for (let key = 0; key <= CACHE_KEYS_MAX; key++) await cache.fill(String(key), "text", { ttlMs: 60_000 });
  expect(await cache.get("0")).toBeUndefined();
  expect(await cache.get("1")).toBe("text");
  expect(await cache.get(String(CACHE_KEYS_MAX))).toBe("text");
});
