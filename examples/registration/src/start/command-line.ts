import { statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseCoordinatorConfig } from "../coordinator/coordinator.ts";
import { LOG_LEVELS, type LogLevel } from "../service/service-log.ts";
import { SettingsError } from "../service/settings.ts";
import { parseUserApiConfig } from "../user-api/config.ts";
import { PORTS, type Ports, parsePorts } from "./ports.ts";
import { coordinatorEnvOf, userApiEnvOf } from "./service-env.ts";

/** What `npm start` must do. */
export type Command =
  | { readonly kind: "help" }
  | {
      readonly kind: "embedded" | "real";
      readonly ports: Ports;
      readonly dataFolder: string;
      /** Whether to delete the data in the data folder first. */
      readonly fresh: boolean;
      readonly logLevel: LogLevel;
    };

const DATA_FOLDER = join(".lockstep", "registration");

/** The answer to `--help`. */
export const HELP = `npm start [-- OPTIONS]    the registration system

  (nothing)    everything in one process, on SQLite; no server needed
  --real       a process per service, on MariaDB, Redis and etcd
  --data DIR   where the SQLite files are; default ${DATA_FOLDER}
  --fresh      forget what is in them
  --help       this

Ports, by environment: ${Object.values(PORTS)
  .map(({ env, fallback }) => `\n  ${env.padEnd(22)} default ${fallback}`)
  .join("")}
Also by environment:
  AUTH_SECRET            the key that signs tokens, of 32 bytes or more; drawn
                         at each start by default
  AUTH_EXPIRE_IN         a token's life in seconds; default 604800
  REGISTER_WAIT_MS       how long a registration is waited for; default 5000
  LOG_LEVEL              ${LOG_LEVELS.join(", ")}; default warn.
                         The log is on stderr
  LOCKSTEP_*             the coordinator's: see docs/configuration.md
  LOCKSTEP_TEST_MARIADB, LOCKSTEP_TEST_REDIS, LOCKSTEP_TEST_ETCD
                         servers for --real; by default it starts its own
`;

/** Reads the command line and the environment. @throws SettingsError with every problem */
export function parseCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Command {
  const problems: string[] = [];
  const read = <T>(parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const options = read(() => optionsOf(args));
  if (options?.help === true) return { kind: "help" };
  const ports = read(() => parsePorts(env));
  const logLevel = read(() => logLevelOf(env["LOG_LEVEL"]));
  // The services read their own settings later; checked here, one error lists the problems of all.
  read(() => parseUserApiConfig({ env: userApiEnvOf(env) }));
  read(() => parseCoordinatorConfig({ env: { ...coordinatorEnvOf(env), LOCKSTEP_STORE_URL: "memory:" } }));
  if (options === undefined || ports === undefined || logLevel === undefined || problems.length > 0) {
    throw new SettingsError(problems);
  }
  const { real, data, fresh } = options;
  return { kind: real ? "real" : "embedded", dataFolder: data, fresh, ports, logLevel };
}

function optionsOf(args: readonly string[]) {
  const options = parsedArgs(args);
  const problems: string[] = [];
  if (options.real && options.fresh) {
    problems.push(
      "--fresh goes without --real: servers that it starts are empty, and in those that are named nothing is forgotten",
    );
  }
  if (options.data === "") problems.push("--data must name a folder");
  else if (statSync(options.data, { throwIfNoEntry: false })?.isDirectory() === false) {
    problems.push(`--data ${options.data} is no folder`);
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return options;
}

function parsedArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        real: { type: "boolean", default: false },
        data: { type: "string", default: DATA_FOLDER },
        fresh: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new SettingsError([`${error instanceof Error ? error.message : error} (--help shows the options)`]);
  }
}

function logLevelOf(text: string | undefined): LogLevel {
  const level = LOG_LEVELS.find((word) => word === (text?.trim() || "warn"));
  if (level === undefined) throw new SettingsError([`LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}`]);
  return level;
}
