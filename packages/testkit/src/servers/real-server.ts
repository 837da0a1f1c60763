import type { ServerProcess } from "./server-process.ts";

/**
 * A real server for tests and `npm start -- --real`. Either this process started it, or the environment named it.
 *
 * A server that this process started ends with the process, in whatever way, and does not keep the process alive.
 */
export interface RealServer extends AsyncDisposable {
  /** The server's process id; `undefined` while it is down, and always for a server that the environment named. */
  readonly pid: number | undefined;
  /** The temporary folder with its data and `server.log`; `undefined` for a server that the environment named. */
  readonly folder: string | undefined;
  /** Ends the server and removes its data. Idempotent; does nothing to a server that the environment named. */
  stop(): Promise<void>;
  /**
   * Ends the server as a crash would and keeps its data and port; `restart` brings it back. It uses SIGKILL; for
   * PostgreSQL the immediate shutdown, because PostgreSQL's children survive a SIGKILL. Acknowledged writes are not
   * lost: the operating system has them, even if they are not on the disk yet.
   *
   * @throws Error for a server that the environment named, because it is not ours.
   */
  kill(): Promise<void>;
  /**
   * Ends a running server in good order, and starts it again with the same address and data; resolves when it answers.
   *
   * @throws Error for a server that the environment named, and for a server that was stopped.
   */
  restart(): Promise<void>;
}

/** How to start a server. */
export interface StartOptions {
  /**
   * Whether an acknowledged write is on the disk, as in production; benchmarks need this. Default: false, which is
   * quicker; writes then survive `kill`, but not a crash of the machine. Does not change servers of the environment.
   */
  readonly durable?: boolean;
}

/** A `RealServer` around a process of ours. */
export class StartedServer implements RealServer {
  readonly #process: ServerProcess;

  constructor(process: ServerProcess) {
    this.#process = process;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get folder(): string {
    return this.#process.folder;
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  restart(): Promise<void> {
    return this.#process.restart();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** A `RealServer` that somebody else runs. */
export class NamedServer implements RealServer {
  readonly pid = undefined;
  readonly folder = undefined;
  readonly #variable: string;

  /** `variable` is the environment variable that named the server; errors show it. */
  constructor(variable: string) {
    this.#variable = variable;
  }

  async stop(): Promise<void> {}

  async kill(): Promise<void> {
    throw this.#notOurs("killed");
  }

  async restart(): Promise<void> {
    throw this.#notOurs("restarted");
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #notOurs(done: string): Error {
    return new Error(
      `The server that ${this.#variable} names is not ours and cannot be ${done}. Unset the variable for this test.`,
    );
  }
}
