import { readFileSync } from "node:fs";
import { authorityOf, LockstepError } from "@lockstep/protocol";
import { type Config, type ConfigFlags, type LoadedConfig, loadConfig } from "../config.ts";
import { isWithin } from "../is-within.ts";
import { createLog } from "../log.ts";
import type { RunningServer } from "../serve.ts";
import { VERSION } from "../version.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { failureOf } from "./failure-text.ts";
import { firstStopSignal } from "./stop-signals.ts";

/** The flags of `lockstep serve`. */
export interface ServeFlags extends ConfigFlags {
  /** A dtm `conf.yml`. */
  readonly config?: string | undefined;
}

/** Runs the coordinator until a signal stops it; answers the exit code. @throws when it cannot start */
export async function serveCommand(flags: ServeFlags): Promise<number> {
  const { config, warnings } = configOf(flags);
  const log = createLog({ level: config.logLevel });
  // A bug that nobody caught: the state in memory cannot be trusted, and the store has what the next start needs.
  process.on("uncaughtException", (thrown) => {
    const { text, exitCode } = failureOf(thrown, { showStack: config.logLevel === "debug" });
    process.stderr.write(text);
    process.exit(exitCode);
  });
  // Before the start: a signal that comes during the start stops the coordinator after it.
  const stopSignal = firstStopSignal();
  log.debug("starting", { version: VERSION });

  // Imported only here: the help text, or a refusal of a wrong flag, need not wait until the server is loaded.
  const [{ serve }, { keepGrpcQuiet }] = await Promise.all([import("../serve.ts"), import("./grpc-log.ts")]);
  keepGrpcQuiet(log);
  const stopping = new AbortController();
  void stopSignal.then((signal) => stopping.abort(signal));
  const server = await serve(config, { log, signal: stopping.signal }).catch((error: unknown) => {
    if (stopping.signal.aborted && error === stopping.signal.reason) return undefined;
    throw error;
  });
  if (server === undefined) {
    log.info("stopped", {});
    return EXIT_CODES.stopped;
  }
  process.stdout.write(`${firstLineOf(server, config)}\n`);
  for (const warning of warnings) log.warn(`configuration: ${warning}`, {});

  log.info("stopping", { signal: await stopSignal });
  if (!(await isWithin(server.stopMsMax, server.stop()))) {
    throw new LockstepError("unavailable", "the stop took too long and was broken off");
  }
  log.info("stopped", {});
  return EXIT_CODES.stopped;
}

function configOf({ config: fileName, ...flags }: ServeFlags): LoadedConfig {
  const { env } = process;
  if (fileName === undefined) return loadConfig({ flags, env });
  return loadConfig({ flags, env, fileName, fileText: textOf(fileName) });
}

function textOf(fileName: string): string {
  try {
    return readFileSync(fileName, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const why = code === "ENOENT" ? "there is no such file" : `it cannot be read (${String(code)})`;
    throw new LockstepError("invalid_argument", `--config ${fileName}: ${why}`, { cause });
  }
}

function firstLineOf({ http, grpc }: RunningServer, config: Config): string {
  const addresses = `http://${authorityOf(http)} and grpc://${authorityOf(grpc)}`;
  return `lockstep ${VERSION} listening on ${addresses}, store ${config.storeUrl}`;
}
