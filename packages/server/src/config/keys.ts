import { IGNORED_KEYS } from "./ignored-keys.ts";
import { INTEGER_KEYS, type IntegerKey } from "./integers.ts";

/** The flags of the command line, as text. */
export interface ConfigFlags {
  /** `--host`: the address on which both doors listen. */
  readonly host?: string | undefined;
  /** `--http-port`. */
  readonly httpPort?: string | undefined;
  /** `--grpc-port`. */
  readonly grpcPort?: string | undefined;
  /** `--store`: `memory:` or `sqlite:PATH`. */
  readonly store?: string | undefined;
  /** `--log-level`. */
  readonly logLevel?: string | undefined;
  /** `--insecure`: listen on an address that other machines can reach, without authentication. */
  readonly insecure?: boolean | undefined;
}

/** One key of the configuration: a path in the file, an environment variable, and for some keys a flag. */
export interface ConfigKey {
  /** The path in the file: `Store.Driver`. */
  readonly path: string;
  readonly flag?: keyof ConfigFlags;
  /** The default as the documents show it; empty where there is none. */
  readonly fallback: string;
  readonly unit: string;
}

export const DEFAULT_HOST = "127.0.0.1";

export const DEFAULT_STORE_URL = "sqlite:./lockstep.db";

const TEXT_KEYS: readonly ConfigKey[] = [
  { path: "Lockstep.Host", flag: "host", fallback: DEFAULT_HOST, unit: "" },
  { path: "Lockstep.Hosts", fallback: "", unit: "" },
  { path: "Lockstep.Insecure", flag: "insecure", fallback: "false", unit: "" },
  { path: "Lockstep.StoreUrl", flag: "store", fallback: DEFAULT_STORE_URL, unit: "" },
  { path: "Store.Driver", fallback: "boltdb", unit: "" },
  { path: "MicroService.Driver", fallback: "default", unit: "" },
  { path: "MicroService.Target", fallback: "", unit: "" },
  { path: "MicroService.EndPoint", fallback: "", unit: "" },
  { path: "LogLevel", flag: "logLevel", fallback: "info", unit: "" },
  { path: "Lockstep.LegacyResults", fallback: "false", unit: "" },
  { path: "AlertWebHook", fallback: "", unit: "" },
];

function integerKeys(integer: IntegerKey): ConfigKey[] {
  const { key, flag, fallback, unit, secondsKey } = integer;
  const own: ConfigKey = {
    path: key,
    fallback: String(fallback),
    unit,
    ...(flag === undefined ? {} : { flag }),
  };
  return secondsKey === undefined
    ? [own]
    : [own, { path: secondsKey, fallback: String(fallback / 1_000), unit: "s" }];
}

/** Every key, ours and dtm's. `docs/configuration.md` shows them all, and a test compares the two. */
export const CONFIG_KEYS: readonly ConfigKey[] = [
  ...TEXT_KEYS,
  ...Object.values(INTEGER_KEYS).flatMap(integerKeys),
  ...IGNORED_KEYS.map(({ path, fallback, unit }) => ({ path, fallback, unit: unit ?? "" })),
];

/** The environment variable of a key, by dtm's rule: `MicroService.EndPoint` is `MICRO_SERVICE_END_POINT`. */
export function environmentNameOf(path: string): string {
  return path
    .replaceAll(".", "_")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase();
}

/** The flag as users write it: `httpPort` is `--http-port`. */
export function flagNameOf(flag: keyof ConfigFlags): string {
  return `--${flag.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
}
