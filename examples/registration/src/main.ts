import { join } from "node:path";
import { parseArgs } from "node:util";
import { failureText, stopSignal } from "./service/run-service.ts";
import { LOG_LEVELS, type LogLevel } from "./service/service-log.ts";
import { SettingsError } from "./service/settings.ts";
import { demonstrate } from "./start/demonstration.ts";
import { startEmbedded } from "./start/embedded.ts";
import { checkFree, PORTS, parsePorts } from "./start/ports.ts";
import { screenOf } from "./start/screen.ts";
import type { System } from "./start/system.ts";

const HELP = `npm start [-- OPTIONS]    the registration system

  (nothing)    everything in one process, on SQLite; no server needed
  --real       a process per service, on MariaDB, Redis and etcd
  --data DIR   where the SQLite files are; default .lockstep/registration
  --fresh      forget what is in them
  --help       this

Ports, by environment: ${Object.values(PORTS)
  .map(({ env, fallback }) => `\n  ${env.padEnd(22)} default ${fallback}`)
  .join("")}
LOG_LEVEL (default warn) is one of ${LOG_LEVELS.join(", ")}; the log is on stderr.
`;

/** Starts what the command line asks for, shows it, and stops it at the first signal. Answers the exit code. */
async function main(): Promise<number> {
  const { values } = optionsOf(process.argv.slice(2));
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { env } = process;
  const ports = parsePorts(env);
  const logLevel = logLevelOf(env["LOG_LEVEL"]);
  await checkFree(ports);
  const stopAsked = stopSignal();
  const startedAt = performance.now();
  let system: System;
  if (values.real) {
    // Not above: it brings the drivers and servers that the embedded system does without.
    const { startReal } = await import("./start/real.ts");
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    system = await startReal({ ports, dataFolder: join(values.data, "real"), logLevel, env, say });
  } else {
    system = await startEmbedded({ ports, dataFolder: values.data, fresh: values.fresh, logLevel, env });
  }
  try {
    process.stdout.write(screenOf(system, await demonstrate(system)));
    process.stdout.write(`(${((performance.now() - startedAt) / 1_000).toFixed(1)} s)\n`);
    await stopAsked;
    process.stdout.write("Stopping: running requests are finished first.\n");
  } finally {
    await system.stop();
  }
  return 0;
}

function optionsOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        real: { type: "boolean", default: false },
        data: { type: "string", default: join(".lockstep", "registration") },
        fresh: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new SettingsError([`${error instanceof Error ? error.message : error} (--help shows the options)`]);
  }
}

function logLevelOf(text: string | undefined): LogLevel {
  const level = LOG_LEVELS.find((word) => word === (text?.trim() || "warn"));
  if (level === undefined) throw new SettingsError([`LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}`]);
  return level;
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${failureText("registration", error)}\n`);
  process.exit(1);
}
