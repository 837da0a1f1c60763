import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { RunningService } from "./running-service.ts";
import { createServiceLog, type LogLevel, type ServiceLog } from "./service-log.ts";
import { SettingsError, type SettingsSource } from "./settings.ts";

/** The exit codes of a service's process. */
const EXIT_CODES = { stopped: 0, failed: 1, wrongConfiguration: 2, interrupted: 130 } as const;

/** A service that can be run as a process. */
export interface ServiceProgram<Config extends { readonly logLevel: LogLevel }> {
  readonly name: string;
  /** @throws SettingsError */
  parseConfig(source: SettingsSource): Config;
  start(config: Config, log: ServiceLog): Promise<RunningService>;
}

/**
 * Runs a service as this process, configured by `--config FILE` and the environment, until SIGTERM, SIGINT or the end
 * of a parent process with an IPC channel. When the service can be called, it prints one line on stdout.
 */
export async function runService<Config extends { readonly logLevel: LogLevel }>(
  program: ServiceProgram<Config>,
): Promise<void> {
  const { name } = program;
  const stopAsked = stopSignal();
  try {
    const config = program.parseConfig(sourceOf(process.argv.slice(2)));
    const log = createServiceLog(name, { level: config.logLevel });
    const service = await program.start(config, log);
    process.stdout.write(`${name} listening on ${service.address}\n`);
    log.info("stopping", { why: await stopAsked });
    await service.stop();
    log.info("stopped", {});
    process.exit(EXIT_CODES.stopped);
  } catch (error) {
    process.stderr.write(`${failureText(name, error)}\n`);
    process.exit(exitCodeOf(error));
  }
}

/** The first reason to stop. A second signal ends the process at once; no accepted transaction is lost. */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (isStopping) process.exit(EXIT_CODES.interrupted);
        isStopping = true;
        resolve(signal);
      });
    }
    if (process.connected) process.once("disconnect", () => resolve("the parent process is gone"));
  });
}

/** The exit code for an error: that of a wrong configuration says that starting again does not help. */
export function exitCodeOf(error: unknown): number {
  return error instanceof SettingsError ? EXIT_CODES.wrongConfiguration : EXIT_CODES.failed;
}

/** The text of an error for people; each problem of a configuration has a line. */
export function failureText(name: string, error: unknown): string {
  if (!(error instanceof SettingsError)) {
    return `${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const [only, ...more] = error.problems;
  if (more.length === 0) return `${name}: ${only}`;
  return [`${name}: ${error.problems.length} problems:`, ...error.problems.map((line) => `  ${line}`)].join(
    "\n",
  );
}

function sourceOf(args: readonly string[]): SettingsSource {
  const { env } = process;
  let fileName: string | undefined;
  try {
    fileName = parseArgs({ args: [...args], options: { config: { type: "string" } } }).values.config;
  } catch (error) {
    throw new SettingsError([
      `${error instanceof Error ? error.message : String(error)} Only --config FILE is.`,
    ]);
  }
  if (fileName === undefined) return { env };
  try {
    return { env, fileName, fileText: readFileSync(fileName, "utf8") };
  } catch (error) {
    throw new SettingsError([
      `--config ${fileName} cannot be read: ${error instanceof Error ? error.message : error}`,
    ]);
  }
}
