import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RunningService } from "../service/running-service.ts";

/** How long a service may take to start; up to 5 seconds of that are for etcd. */
const START_MS_MAX = 20_000;

/** How long a service may take to stop before it is killed. This is longer than it waits for its own callers. */
const STOP_MS_MAX = 15_000;

/** The end of a service that a signal asked to stop: it drains first. */
export const STOPPED = "ended with code 0";

/** How to run a service as a process of its own. */
export interface ChildServiceOptions {
  /** The file that runs it. */
  readonly main: URL;
  /** The whole environment of the process, except PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets the service's log, line by line or in larger pieces. Default: our stderr. */
  readonly onLog?: (text: string) => void;
}

/** A service that runs as a process of its own. */
export interface ChildService extends RunningService {
  readonly pid: number;
  /** Resolves when the process has ended, for any reason; says how it ended. */
  readonly ended: Promise<string>;
  /** Ends the process by SIGKILL, without a drain. */
  kill(): Promise<void>;
}

/**
 * Starts a service as a process of its own; resolves when it prints that it listens. The service stops when its channel
 * to this process closes, so it ends with this process, even if that is killed.
 */
export async function startChildService(options: ChildServiceOptions): Promise<ChildService> {
  const { main, env, onLog = (text) => process.stderr.write(text) } = options;
  const child = spawn(process.execPath, [fileURLToPath(main)], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Ctrl-C must reach only this process, which stops the services one after the other.
    detached: true,
  });
  const ended = endOf(child);
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2_000);
    onLog(text);
  });
  const address = await Promise.race([
    listening(child),
    ended.then((how) => Promise.reject(new Error(`${main.pathname} ${how}.\n${said.trimEnd()}`))),
  ]).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    await ended;
    clearTimeout(timer);
  };
  return {
    address,
    ended,
    pid: child.pid ?? 0,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`could not be started (${error.message})`));
    child.once("exit", (code, signal) => resolve(`ended with ${signal ?? `code ${code}`}`));
  });
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${child.spawnargs[1]} said nothing within ${START_MS_MAX} ms.`)),
      START_MS_MAX,
    );
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      const address = / listening on (\S+)\n/.exec(text)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
    child.once("exit", () => clearTimeout(timer));
  });
}
