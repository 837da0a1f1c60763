import { Redis } from "ioredis";
import { expect, inject, test } from "vitest";
import { cacheContract } from "./cache-contract.ts";
import { RedisCache } from "./redis-cache.ts";

const open = () =>
  RedisCache.open(inject("servers").redis, (error) => {
    throw error;
  });

cacheContract("Redis", open);

test("keys have their times to live, and a drop leaves nothing under the key itself", async () => {
  const key = `cache-times:${process.pid}`;
  const cache = await open();
  const redis = new Redis(inject("servers").redis);
  try {
    await cache.fill(key, "text", { ttlMs: 60_000 });
    expect(await redis.pttl(key)).toBeGreaterThan(50_000);
    await cache.drop(key);
    expect(await redis.exists(key)).toBe(0);
    expect(await redis.pttl(`{${key}}:held`)).toBeGreaterThan(0);
  } finally {
    redis.disconnect();
    await cache.close();
  }
});

test("without a Redis every command rejects, and does not wait", async () => {
  const troubles: Error[] = [];
  const cache = await RedisCache.open({ host: "127.0.0.1", port: 1 }, (error) => troubles.push(error));
  await expect(cache.get("a")).rejects.toThrow();
  await expect(cache.fill("a", "b", { ttlMs: 1 })).rejects.toThrow();
  await expect(cache.drop("a")).rejects.toThrow();
  await expect(cache.ping()).rejects.toThrow();
  expect(troubles.length).toBeGreaterThan(0);
  await cache.close();
});
