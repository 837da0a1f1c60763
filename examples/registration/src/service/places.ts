import { z } from "zod";
import type { RedisAddress } from "../cache/redis-cache.ts";

/** Where a service keeps its rows. */
export type DatabasePlace =
  | { readonly kind: "sqlite"; readonly path: string }
  | {
      readonly kind: "mysql";
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
    };

/** Where a service keeps its cache. */
export type CachePlace = { readonly kind: "memory" } | ({ readonly kind: "redis" } & RedisAddress);

/** `sqlite:PATH` or `mysql://user@host:3306/database`. */
export const databaseUrl = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context): DatabasePlace => {
      const path = /^sqlite:(.+)$/.exec(text)?.[1];
      if (path !== undefined) return { kind: "sqlite", path };
      const url = URL.parse(text);
      const database = url?.pathname.slice(1) ?? "";
      if (url === null || !/^(mysql|mariadb):$/.test(url.protocol) || !/^\w+$/.test(database)) {
        context.addIssue("must be sqlite:PATH or mysql://user@host:3306/database");
        return z.NEVER;
      }
      if (url.password !== "") {
        context.addIssue(
          "must not hold a password; give that by the environment alone, as DATABASE_PASSWORD",
        );
        return z.NEVER;
      }
      return {
        kind: "mysql",
        host: url.hostname,
        port: Number(url.port || 3_306),
        user: decodeURIComponent(url.username || "root"),
        password: "",
        database,
      };
    });

/** `memory` or `redis://host:6379`. */
export const cacheUrl = z
  .string()
  .default("memory")
  .transform((text, context): CachePlace => {
    if (text === "memory") return { kind: "memory" };
    const url = URL.parse(text);
    if (url?.protocol !== "redis:" || url.hostname === "") {
      context.addIssue("must be memory or redis://host:6379");
      return z.NEVER;
    }
    if (url.password !== "") {
      context.addIssue("must not hold a password; give that by the environment alone, as CACHE_PASSWORD");
      return z.NEVER;
    }
    return { kind: "redis", host: url.hostname, port: Number(url.port || 6_379) };
  });
