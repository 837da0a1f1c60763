import { z } from "zod";
import { REGISTER_WAIT_MS, TOKEN_EXPIRE_S } from "../limits.ts";
import { coordinatorTarget, type ListenAddress, listenOn, target } from "../service/addresses.ts";
import { LOG_LEVELS, type LogLevel } from "../service/service-log.ts";
import { readSettings, type SettingsSource } from "../service/settings.ts";

/** HS256 needs a key at least as long as its hash (RFC 7518, 3.2). */
const SECRET_BYTES_MIN = 32;

/** The configuration of user-api. */
export interface UserApiConfig {
  readonly listenOn: ListenAddress;
  /** `http://…`, `grpc://…` or `etcd://…/dtmservice`. */
  readonly coordinator: string;
  /** The URL that answers 2xx while the coordinator can accept transactions; undefined: derived from `coordinator`. */
  readonly coordinatorReady: string | undefined;
  /** `host:port` or `etcd://…/user.rpc`; the coordinator must understand it too. */
  readonly userRpc: string;
  readonly scoreRpc: string;
  /** Signs the tokens. */
  readonly secret: string;
  /** A token's life in seconds. */
  readonly expireInS: number;
  /** How long a request waits for its registration before it answers with the gid. */
  readonly registerWaitMs: number;
  readonly logLevel: LogLevel;
}

/** Reads the configuration of user-api. @throws SettingsError with every problem */
export function parseUserApiConfig(source: SettingsSource): UserApiConfig {
  const settings = readSettings(
    {
      ListenOn: listenOn("127.0.0.1:8888"),
      Coordinator: coordinatorTarget("http://127.0.0.1:36789"),
      CoordinatorReady: z
        .string()
        .regex(/^https?:\/\/[^\s/]+/, 'must be a URL, such as "http://host:36789/api/ready"')
        .optional(),
      UserRpc: target("127.0.0.1:8080"),
      ScoreRpc: target("127.0.0.1:8096"),
      "Auth.Secret": z
        .string(`must be given: the key that signs tokens, of ${SECRET_BYTES_MIN} bytes or more`)
        .refine((text) => Buffer.byteLength(text) >= SECRET_BYTES_MIN, {
          error: `must have ${SECRET_BYTES_MIN} bytes or more`,
        }),
      "Auth.ExpireIn": wholeNumber({ max: 10 * 365 * 86_400, fallback: TOKEN_EXPIRE_S }),
      "Register.WaitMs": wholeNumber({ max: 600_000, fallback: REGISTER_WAIT_MS }),
      LogLevel: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("info"),
    },
    source,
    ["Auth.Secret"],
  );
  return {
    listenOn: settings["ListenOn"],
    coordinator: settings["Coordinator"],
    coordinatorReady: settings["CoordinatorReady"],
    userRpc: settings["UserRpc"],
    scoreRpc: settings["ScoreRpc"],
    secret: settings["Auth.Secret"],
    expireInS: settings["Auth.ExpireIn"],
    registerWaitMs: settings["Register.WaitMs"],
    logLevel: settings["LogLevel"],
  };
}

const wholeNumber = ({ max, fallback }: { readonly max: number; readonly fallback: number }) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "must be a whole number")
    .transform(Number)
    .refine((value) => value >= 1 && value <= max, { error: `must be from 1 to ${max}` })
    .default(fallback);
