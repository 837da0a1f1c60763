/**
 * The configuration: read once, from flags, a dtm `conf.yml` and the environment, into one frozen object.
 *
 * A flag is stronger than the file, the file than the environment (dtm's order). Keys are in `config/keys.ts` and
 * `docs/configuration.md`. Every problem is found before anything is refused.
 */
import { LockstepError } from "@lockstep/protocol";
import { type AnnounceConfig, announcementOf } from "./config/announcement.ts";
import { limitsGiven, limitsOf } from "./config/engine-limits.ts";
import type { GivenSources } from "./config/given-values.ts";
import { warningsOfIgnored } from "./config/ignored.ts";
import type { ConfigFlags } from "./config/keys.ts";
import { listenHostOf } from "./config/listen-host.ts";
import { ConfigReader } from "./config/reader.ts";
import { storeUrlOf } from "./config/store.ts";
import { parseConfigFile } from "./config/yaml.ts";
import type { EngineLimits } from "./engine/limits.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";

export type { AnnounceConfig, ConfigFlags };
export { limitsGiven };

/** Everything that can be set about a coordinator. Frozen. */
export interface Config {
  /** Where both doors listen. Default: 127.0.0.1. */
  readonly host: string;
  /** 0 picks a free one. Default: 36789. */
  readonly httpPort: number;
  /** 0 picks a free one. Default: 36790. */
  readonly grpcPort: number;
  /** Where transactions are kept: `memory:` or `sqlite:PATH`. Default: `sqlite:./lockstep.db`. */
  readonly storeUrl: string;
  /** Default: null, announced nowhere. */
  readonly announce: AnnounceConfig | null;
  /** Default: "info". */
  readonly logLevel: LogLevel;
  /** What the engine may use: times, and how much at once. */
  readonly limits: EngineLimits;
  /** Take any HTTP body with the word FAILURE or ONGOING in it for that result, as dtm does. Default: false. */
  readonly legacyResults: boolean;
}

/** Where a configuration comes from. */
export interface ConfigSource {
  /** What the command line says; stronger than the file. */
  readonly flags: ConfigFlags;
  /** The text of a dtm `conf.yml`. */
  readonly fileText?: string | undefined;
  /** Its name in messages. Default: "conf.yml". */
  readonly fileName?: string | undefined;
  /** Only dtm's variables and `LOCKSTEP_*` are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A configuration without problems. */
export interface LoadedConfig {
  /** What was read, with the defaults for all that was not given. */
  readonly config: Config;
  /** Sentences about what was given and has no effect, or is risky. */
  readonly warnings: readonly string[];
}

/** Reads the configuration. @throws LockstepError `invalid_argument` with every problem, one a line. */
export function loadConfig(source: ConfigSource): LoadedConfig {
  const fileName = source.fileName ?? "conf.yml";
  const file = parseConfigFile(source.fileText ?? "", fileName);
  const sources: GivenSources = { flags: source.flags, file, fileName, env: source.env };
  const reader = new ConfigReader(sources);
  reader.problems.push(...file.problems);

  const host = listenHostOf(reader);
  const config: Config = {
    host,
    ...portsOf(reader),
    storeUrl: storeUrlOf(reader),
    announce: announcementOf(
      {
        driver: reader.text("MicroService.Driver"),
        target: reader.text("MicroService.Target"),
        endpoint: reader.text("MicroService.EndPoint"),
        listenHost: host,
      },
      reader,
    ),
    logLevel: reader.word("LogLevel", "logLevel", LOG_LEVELS) ?? "info",
    limits: limitsOf(reader),
    legacyResults: reader.boolean("Lockstep.LegacyResults"),
  };
  reader.warnings.push(...warningsOfIgnored(sources));
  if (reader.problems.length > 0) throw new LockstepError("invalid_argument", reader.problems.join("\n"));
  return { config: frozen(config), warnings: reader.warnings };
}

function portsOf(reader: ConfigReader): { readonly httpPort: number; readonly grpcPort: number } {
  const http = reader.integer("httpPort");
  const grpc = reader.integer("grpcPort");
  if (http.value === grpc.value && http.value !== 0) {
    reader.problems.push(
      `${http.name ?? "HttpPort"} and ${grpc.name ?? "GrpcPort"} are both ${http.value}; each door needs a port of its own`,
    );
  }
  return { httpPort: http.value, grpcPort: grpc.value };
}

function frozen(config: Config): Config {
  for (const part of [config.announce, config.limits]) Object.freeze(part);
  return Object.freeze(config);
}
