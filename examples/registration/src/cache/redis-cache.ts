import { Redis } from "ioredis";
import { CACHE_HOLD_OFF_MS, REDIS_COMMAND_MS } from "../limits.ts";
import type { Cache } from "./cache.ts";

/** One script in Redis, because another client could drop the key between `exists` and `set`. */
const FILL_UNLESS_HELD = `
if redis.call('exists', KEYS[2]) == 0 then redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2]) end`;

/** The address of a Redis. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly password?: string | undefined;
}

/** A cache in Redis, which all instances of a service share. A command fails at once while Redis is away. */
export class RedisCache implements Cache {
  readonly name = "redis";
  readonly #redis: Redis;

  private constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Connects, and goes on trying if Redis does not answer yet. `onTrouble` hears why. */
  static async open(address: RedisAddress, onTrouble: (error: Error) => void): Promise<RedisCache> {
    const { host, port, password } = address;
    const redis = new Redis({
      host,
      port,
      ...(password === undefined ? {} : { password }),
      lazyConnect: true,
      enableOfflineQueue: false,
      connectTimeout: REDIS_COMMAND_MS,
      commandTimeout: REDIS_COMMAND_MS,
      retryStrategy: (times) => Math.min(times * 100, 2_000),
    });
    redis.on("error", onTrouble);
    await redis.connect().catch(() => undefined); // `onTrouble` has heard the error; calls that need no cache work.
    return new RedisCache(redis);
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#redis.get(key)) ?? undefined;
  }

  async fill(key: string, text: string, { ttlMs }: { readonly ttlMs: number }): Promise<void> {
    await this.#redis.eval(FILL_UNLESS_HELD, 2, key, heldKeyOf(key), text, ttlMs); // C1
  }

  async drop(key: string): Promise<void> {
    const results = await this.#redis
      .multi()
      .set(heldKeyOf(key), "", "PX", CACHE_HOLD_OFF_MS)
      .del(key)
      .exec();
    for (const [error] of results ?? [[new Error("Redis discarded the drop.")]]) {
      if (error !== null) throw error;
    }
  }

  async ping(): Promise<void> {
    await this.#redis.ping();
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }
}

/** The braces keep both keys on one node of a cluster. */
function heldKeyOf(key: string): string {
  return `{${key}}:held`;
}
