import type { CachePlace } from "../service/places.ts";
import type { Cache } from "./cache.ts";
import { MemoryCache } from "./memory-cache.ts";
import { RedisCache } from "./redis-cache.ts";

/** The cache at `place`. `onTrouble` hears of a Redis that is away, again and again. */
export async function openCache(place: CachePlace, onTrouble: (error: Error) => void): Promise<Cache> {
  return place.kind === "memory" ? new MemoryCache() : RedisCache.open(place, onTrouble);
}
