/**
 * The configuration: one frozen object, read once from flags, a dtm `conf.yml` and the environment.
 *
 * A flag is stronger than the file, and the file is stronger than the environment (dtm's order). Keys are in
 * `config/keys.ts` and `docs/configuration.md`. An error lists every problem.
 */
import { LockstepError } from "@lockstep/protocol";
import { type AlertsConfig, alertsOf } from "./config/alerts.ts";
import { type AnnounceConfig, announcementOf } from "./config/announcement.ts";
import { limitsGiven, limitsOf } from "./config/engine-limits.ts";
import type { GivenSources } from "./config/given-values.ts";
import { warningsOfIgnored } from "./config/ignored.ts";
import type { ConfigFlags } from "./config/keys.ts";
import { listenHostOf } from "./config/listen-host.ts";
import { logLevelOf } from "./config/log-level.ts";
import { ownHostsOf } from "./config/own-hosts.ts";
import { ConfigReader } from "./config/reader.ts";
import { storeUrlOf } from "./config/store.ts";
import { parseConfigFile } from "./config/yaml.ts";
import type { EngineLimits } from "./engine/limits.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";

export type { AlertsConfig, AnnounceConfig, ConfigFlags };
export { limitsGiven };

/** All settings of a coordinator. Frozen. */
export interface Config {
  /** The address on which both doors listen. Default: 127.0.0.1. */
  readonly host: string;
  /** Further names under which callers reach the doors, in small letters. Default: none. */
  readonly hosts: readonly string[];
  /** 0 picks a free port. Default: 36789. */
  readonly httpPort: number;
  /** 0 picks a free port. Default: 36790. */
  readonly grpcPort: number;
  /** Where transactions are kept: `memory:` or `sqlite:PATH`. Default: `sqlite:./lockstep.db`. */
  readonly storeUrl: string;
  /** Where to announce the gRPC port. Default: null, nowhere. */
  readonly announce: AnnounceConfig | null;
  /** Default: "info". */
  readonly logLevel: LogLevel;
  /** Limits of the engine: times, and how much it does at once. */
  readonly limits: EngineLimits;
  /** Read any HTTP body that contains FAILURE or ONGOING as that result, as dtm does. Default: false. */
  readonly legacyResults: boolean;
  /** Where to send alerts. Default: null, nowhere. */
  readonly alerts: AlertsConfig | null;
}

/** The sources of a configuration. */
export interface ConfigSource {
  /** The flags of the command line; stronger than the file. */
  readonly flags: ConfigFlags;
  /** The text of a dtm `conf.yml`. */
  readonly fileText?: string | undefined;
  /** The name of the file in messages. Default: "conf.yml". */
  readonly fileName?: string | undefined;
  /** Only dtm's variables and `LOCKSTEP_*` are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A configuration without problems. */
export interface LoadedConfig {
  /** The settings that were given, and defaults for the rest. */
  readonly config: Config;
  /** Sentences about settings that have no effect or are risky. */
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
    hosts: ownHostsOf(reader),
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
    logLevel: logLevelOf(reader, LOG_LEVELS) ?? "info",
    limits: limitsOf(reader),
    legacyResults: reader.boolean("Lockstep.LegacyResults"),
    alerts: alertsOf(reader),
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
  for (const part of [config.announce, config.hosts, config.limits, config.alerts]) Object.freeze(part);
  return Object.freeze(config);
}
