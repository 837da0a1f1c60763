import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { Keeper } from "./keeper.ts";

/** How long a server may take from its start to its first answer, on a busy machine. */
const READY_MS_MAX = 60_000;
const READY_RETRY_MS = 20;
/** How long a server may take to end after its signal; then it is killed. */
const QUIT_MS_MAX = 15_000;
/** Another process may take a drawn port first; then the start is tried again with another port. */
const STARTS_MAX = 4;
const LOG_LINES_SHOWN = 20;
const PORT_TAKEN = /address already in use|EADDRINUSE/i;

/** The user a server runs as. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** The folder of one server, which nobody else uses, and its port on 127.0.0.1. */
export interface Place {
  readonly folder: string;
  readonly port: number;
}

/** A command to run to its end. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** The standard input of the command. Default: nothing. */
  readonly input?: string;
}

/** How to run one kind of server. */
export interface Program {
  /** The name for people, as in "MariaDB". */
  readonly name: string;
  readonly file: string;
  readonly args: (place: Place) => readonly string[];
  /** Variables beside PATH and LC_ALL. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: the user of this process. */
  readonly runAs?: RunAs | undefined;
  /** Prepares the empty folder and answers the command that fills it. The command runs once, before the first start. */
  readonly initialise?: (folder: string) => Promise<Command>;
  /** Asks once for a real answer from exactly this server; rejects if there is none. */
  readonly greet: (place: Place, pid: number) => Promise<void>;
  /** Asks the server to end and keep its data. */
  readonly quitSignal: NodeJS.Signals;
  /**
   * Ends the server at once, with its data as after a crash. Default: KILL. PostgreSQL needs QUIT, which its children
   * obey as well: after KILL, its children and a piece of shared memory stay behind and keep it from starting again.
   */
  readonly crashSignal?: "QUIT";
}

/**
 * One running server that this process started: its child process, folder and port.
 *
 * - The child and the folder go when this process ends, in whatever way (see `Keeper`), and do not keep it from ending.
 * - Port and folder stay the same from `start` to `stop`, through any number of `kill` and `restart`.
 */
export class ServerProcess {
  readonly folder: string;
  readonly #program: Program;
  readonly #keeper: Keeper;
  #port = 0;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  private constructor(program: Program, folder: string) {
    this.#program = program;
    this.folder = folder;
    this.#keeper = new Keeper(folder, program.crashSignal ?? "KILL");
  }

  /** Starts a server in a new folder on a free port; resolves when it answers. */
  static async start(program: Program): Promise<ServerProcess> {
    const folder = await mkdtemp(join(tmpdir(), `lockstep-${program.name.toLowerCase()}-`));
    const server = new ServerProcess(program, folder);
    try {
      if (program.runAs !== undefined) await chown(folder, program.runAs.uid, program.runAs.gid);
      if (program.initialise !== undefined) await server.#run(await program.initialise(folder));
      await server.#startOnFreePort();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
  }

  /** The child's process id; `undefined` while the server is down. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ends the server at once, as a crash would, and keeps its data. No-op while it is down. */
  async kill(): Promise<void> {
    await this.#end(`SIG${this.#program.crashSignal ?? "KILL"}`);
  }

  /** Ends the server in good order if it runs, and starts it again with the same port and data. */
  async restart(): Promise<void> {
    if (this.#stopped !== undefined)
      throw new Error(`${this.#program.name} was stopped for good; start a new one.`);
    await this.#end(this.#program.quitSignal);
    await this.#start();
  }

  /** Ends the server for good and removes its folder. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      await this.kill();
      await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
      this.#keeper.dismiss();
    })();
    return this.#stopped;
  }

  async #startOnFreePort(): Promise<void> {
    for (let start = 1; ; start++) {
      this.#port = await freePort();
      try {
        return await this.#start();
      } catch (error) {
        await this.kill();
        const taken = error instanceof Error && PORT_TAKEN.test(error.message);
        if (!taken || start === STARTS_MAX) throw error;
      }
    }
  }

  async #start(): Promise<void> {
    const { name, file, args, greet } = this.#program;
    const place: Place = { folder: this.folder, port: this.#port };
    const child = this.#spawn({ file, args: args(place) });
    this.#child = child;
    child.unref();
    let ending: string | undefined;
    this.#exited = new Promise((resolve) => {
      const ended = (how: string): void => {
        ending = how;
        if (this.#child === child) {
          this.#child = undefined;
          this.#keeper.watch(undefined);
        }
        resolve();
      };
      child.once("error", (error) => ended(`could not be started: ${error.message}`));
      child.once("exit", (code, signal) => ended(`ended by itself (${signal ?? `code ${code}`})`));
    });

    const deadline = performance.now() + READY_MS_MAX;
    for (;;) {
      // Looks at the child first: if it has ended, an answer on the port comes from another process.
      if (ending !== undefined) throw new Error(`${name} ${ending}.\n${await this.#lastLogLines()}`);
      try {
        return await greet(place, child.pid ?? 0);
      } catch (error) {
        if (performance.now() > deadline) {
          const lines = await this.#lastLogLines();
          const message = `${name} (${file}) gave no answer on port ${this.#port} within ${READY_MS_MAX} ms.\n${lines}`;
          throw new Error(message, { cause: error });
        }
      }
      await pause(READY_RETRY_MS);
    }
  }

  async #run(command: Command): Promise<void> {
    const child = this.#spawn(command);
    const problem = await new Promise<string | undefined>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) => resolve(code === 0 ? undefined : (signal ?? `code ${code}`)));
    });
    this.#keeper.watch(undefined);
    if (problem === undefined) return;
    const message = `${this.#program.name} could not be initialised with ${command.file} (${problem}).`;
    throw new Error(`${message}\n${await this.#lastLogLines()}`);
  }

  #spawn({ file, args, input }: Command): ChildProcess {
    const { environment, runAs } = this.#program;
    const log = openSync(this.#logPath, "a");
    try {
      const child = spawn(file, args, {
        cwd: this.folder,
        // Detached, in its own process group, so that Ctrl-C ends this process, which ends the server.
        detached: true,
        // Not our own environment: its ETCD_…, PG… and MYSQL_… variables would configure the server.
        env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", ...environment },
        stdio: [input === undefined ? "ignore" : "pipe", log, log],
        ...runAs,
      });
      this.#keeper.watch(child.pid);
      // The exit code and the log show why a command ended without reading; the broken pipe adds nothing.
      child.stdin?.on("error", () => {});
      child.stdin?.end(input);
      return child;
    } finally {
      closeSync(log);
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), QUIT_MS_MAX);
    await this.#exited;
    clearTimeout(timer);
  }

  get #logPath(): string {
    return join(this.folder, "server.log");
  }

  async #lastLogLines(): Promise<string> {
    const log = await readFile(this.#logPath, "utf8").catch(() => "");
    const lines = log.trimEnd().split("\n").slice(-LOG_LINES_SHOWN);
    return log === "" ? "It wrote nothing to its log." : `Its log ends with:\n${lines.join("\n")}`;
  }
}
