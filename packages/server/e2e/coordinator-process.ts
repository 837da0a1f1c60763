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
  /** Resolves with its exit code when it has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Sends it a signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it as a power cut would; resolves when it is gone, with the signal that ended it. */
  kill(): Promise<NodeJS.Signals | null>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface CoordinatorOptions {
  readonly store: string;
  /** Default: a free one. */
  readonly httpPort?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** No file that it writes may grow beyond this, as on a disk that is full. Default: no limit. */
  readonly fileBytesMax?: number;
}

/** The unit of `ulimit -f`, by POSIX. */
const BLOCK_BYTES = 512;

/** Starts one and waits for its first line. */
export async function startCoordinator(options: CoordinatorOptions): Promise<CoordinatorProcess> {
  const args = ["--http-port", `${options.httpPort ?? 0}`, "--grpc-port", "0", "--store", options.store];
  const blocks = options.fileBytesMax === undefined ? "unlimited" : options.fileBytesMax / BLOCK_BYTES;
  const command = `ulimit -f ${blocks} && exec "$0" "$@"`;
  const child = spawn("sh", ["-c", command, process.execPath, MAIN, "serve", ...args], {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const [, httpPort, grpcPort] = await firstLineOf(child, () => log);
  const ended = once(child, "exit").then(() => child.exitCode);
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return {
    httpPort: Number(httpPort),
    grpcPort: Number(grpcPort),
    url: `http://127.0.0.1:${httpPort}`,
    log: () => log,
    ended,
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      await end("SIGKILL");
      return child.signalCode;
    },
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
