import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PORTS, type Ports } from "../src/start/ports.ts";
import { until } from "./until.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** What `npm start` runs, as a process of its own. */
export interface Started {
  readonly apiUrl: string;
  readonly coordinatorUrl: string;
  /** Everything it has written so far, to stdout and stderr. */
  output(): string;
  /** Waits for "Ready". */
  ready(): Promise<void>;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. Its children are in process groups of their own, so a signal to its group would not reach them either. */
  kill(): Promise<unknown>;
}

/** Runs `npm start` with `args`, in the folder `cwd`. */
export function npmStart(options: {
  readonly cwd: string;
  readonly ports: Ports;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}): Started {
  const { cwd, ports, args = [], env = {} } = options;
  const portEnv = Object.entries(PORTS).map(([name, { env }]) => [env, String(ports[name as keyof Ports])]);
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], HOME: cwd, ...Object.fromEntries(portEnv), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  let exitCode: number | null | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      exitCode = code;
      resolve(code);
    });
  });
  return {
    apiUrl: `http://127.0.0.1:${ports.userApi}`,
    coordinatorUrl: `http://127.0.0.1:${ports.coordinatorHttp}`,
    output: () => text,
    async ready() {
      const seen = await until(
        "npm start is ready",
        () => (text.includes("Ready.") ? "ready" : exitCode === undefined ? undefined : "ended"),
        60_000,
      );
      if (seen === "ended") throw new Error(`npm start ended with code ${exitCode}:\n${text}`);
    },
    ended,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
    kill() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}
