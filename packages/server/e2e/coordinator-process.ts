/** `lockstep serve` as a process of its own, for tests that kill it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const FIRST_LINE = /listening on http:\/\/127\.0\.0\.1:(\d+) and grpc:\/\/127\.0\.0\.1:(\d+)/;

export interface CoordinatorProcess {
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly url: string;
  /** What it said on stderr so far. */
  log(): string;
  /** Ends it as a power cut would; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface CoordinatorOptions {
  readonly store: string;
  /** Default: a free one. */
  readonly httpPort?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts one and waits for its first line. */
export async function startCoordinator(options: CoordinatorOptions): Promise<CoordinatorProcess> {
  const args = ["--http-port", `${options.httpPort ?? 0}`, "--grpc-port", "0", "--store", options.store];
  const child = spawn(process.execPath, [MAIN, "serve", ...args], {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const [, httpPort, grpcPort] = await firstLineOf(child, () => log);
  const ended = once(child, "exit");
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return {
    httpPort: Number(httpPort),
    grpcPort: Number(grpcPort),
    url: `http://127.0.0.1:${httpPort}`,
    log: () => log,
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
  };
}

function firstLineOf(child: ChildProcess, log: () => string): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const match = FIRST_LINE.exec(said);
      if (match !== null) resolve(match);
    });
    child.once("exit", (code) => reject(new Error(`the coordinator ended with ${code}: ${said}${log()}`)));
  });
}
