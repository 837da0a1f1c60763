import type { CachePlace } from "../service/places.ts";
import type { Cache } from "./cache.ts";
import { MemoryCache } from "./memory-cache.ts";
import { RedisCache } from "./redis-cache.ts";

/** Opens the cache at `place`. `onTrouble` hears each failure to reach Redis. */
export async function openCache(place: CachePlace, onTrouble: (error: Error) => void): Promise<Cache> {
  return place.kind === "memory" ? new MemoryCache() : RedisCache.open(place, onTrouble);
}
