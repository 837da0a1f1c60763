import { z } from "zod";
import { type ListenAddress, listenOn } from "./addresses.ts";
import { type CachePlace, cacheUrl, type DatabasePlace, databaseUrl } from "./places.ts";
import { LOG_LEVELS, type LogLevel } from "./service-log.ts";
import { readSettings, type SettingsSource } from "./settings.ts";

/** The configuration of an rpc service. */
export interface RpcConfig {
  readonly listenOn: ListenAddress;
  /** Where in etcd to announce the service, and at which address; undefined: nowhere. */
  readonly announce: { readonly target: string; readonly endpoint: string | undefined } | undefined;
  readonly database: DatabasePlace;
  /** Undefined: the SDK's default for the database, which is that of dtm's clients. */
  readonly barrierTable: string | undefined;
  readonly cache: CachePlace;
  readonly logLevel: LogLevel;
}

/** What differs between the two rpc services. */
export interface RpcDefaults {
  readonly listenOn: string;
  readonly databaseUrl: string;
  readonly etcdKey: string;
}

/** Reads the configuration of an rpc service. @throws SettingsError with every problem */
export function parseRpcConfig(defaults: RpcDefaults, source: SettingsSource): RpcConfig {
  const settings = readSettings(
    {
      ListenOn: listenOn(defaults.listenOn),
      "Etcd.Hosts": z
        .string()
        .regex(/^[^\s,/]+:\d+(,[^\s,/]+:\d+)*$/, "must be host:port, several with commas between")
        .optional(),
      // Without a slash: in a branch URL everything after the first slash of the path is the method.
      "Etcd.Key": z
        .string()
        .regex(/^[^\s?#/]+$/, "must be a key without a slash")
        .default(defaults.etcdKey),
      "Etcd.Endpoint": z
        .string()
        .regex(/^[^\s/]+:\d+$/, "must be the host:port at which others reach this service")
        .optional(),
      "Database.Url": databaseUrl(defaults.databaseUrl),
      "Database.Password": z.string().default(""),
      "Database.BarrierTable": z
        .string()
        .regex(/^\w+(\.\w+)?$/, "must be table or schema.table")
        .optional(),
      "Cache.Url": cacheUrl,
      "Cache.Password": z.string().optional(),
      LogLevel: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("info"),
    },
    source,
    ["Database.Password", "Cache.Password"],
  );
  const hosts = settings["Etcd.Hosts"];
  const database = settings["Database.Url"];
  const cache = settings["Cache.Url"];
  return {
    listenOn: settings["ListenOn"],
    announce:
      hosts === undefined
        ? undefined
        : { target: `etcd://${hosts}/${settings["Etcd.Key"]}`, endpoint: settings["Etcd.Endpoint"] },
    database: database.kind === "mysql" ? { ...database, password: settings["Database.Password"] } : database,
    barrierTable: settings["Database.BarrierTable"],
    cache: cache.kind === "redis" ? { ...cache, password: settings["Cache.Password"] } : cache,
    logLevel: settings["LogLevel"],
  };
}
