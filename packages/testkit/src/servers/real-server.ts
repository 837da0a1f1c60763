import type { ServerProcess } from "./server-process.ts";

/**
 * A real server that tests and `npm start -- --real` work with: one this process started, or one the environment named.
 *
 * One that we started ends with this process however that ends, and does not keep it from ending.
 */
export interface RealServer extends AsyncDisposable {
  /** The server's process id; `undefined` while it is down, and always for one that the environment named. */
  readonly pid: number | undefined;
  /** The temporary folder with its data and `server.log`; `undefined` for one that the environment named. */
  readonly folder: string | undefined;
  /** Ends it and removes its data. Again is a no-op, and so it is for a server that the environment named. */
  stop(): Promise<void>;
  /**
   * Ends it as a crash would (SIGKILL; PostgreSQL by its immediate shutdown, whose children outlive a SIGKILL) and
   * keeps its data and port; `restart` brings it back. What it had acknowledged is still there then: it is in the
   * operating system's hands, if not yet on the disk.
   *
   * @throws Error for a server that the environment named: it is not ours to kill.
   */
  kill(): Promise<void>;
  /**
   * Ends it in good order where it runs and starts it again, with the same address and data; resolves when it answers.
   *
   * @throws Error for a server that the environment named, and for one that was stopped.
   */
  restart(): Promise<void>;
}

/** What to start. */
export interface StartOptions {
  /**
   * Whether an acknowledged write is on the disk, as in production. Default: false, which is quicker and survives
   * `kill`, though not a crash of the machine. For benchmarks. Has no effect on a server that the environment named.
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

  /** `variable` is the environment's name for it, shown in errors. */
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
