/**
 * Tries the blocks of one page: in a folder of its own, in the repository, so that imports find its packages. It also
 * owns every process that a block starts; its disposal ends them all.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { REPOSITORY } from "./page.ts";

/** How long one command may take, with its start; `buf` and a first SQLite file are the slowest. */
const COMMAND_MS_MAX = 60_000;

/** git, the linter and the tests ignore folders of this name, so a folder that a crash leaves behind does no harm. */
const PLAYGROUNDS = `${REPOSITORY}scripts/docs/dist`;

export type Environment = Readonly<Record<string, string>>;

export class Playground implements AsyncDisposable {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #running: Running[] = [];

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#env = env;
  }

  /** `beside`: a folder of the repository. Commands find its subfolders, as if they ran there. */
  static async open(env: Environment, beside?: string): Promise<Playground> {
    await mkdir(PLAYGROUNDS, { recursive: true });
    const folder = await mkdtemp(join(PLAYGROUNDS, "page-"));
    if (beside !== undefined) await linkFolders(REPOSITORY + beside, folder);
    // The machine's own settings must not change what a page shows.
    const own = Object.entries(process.env).filter(([name]) => !/^(LOCKSTEP_|NODE_|VITEST|npm_)/.test(name));
    const path = `${REPOSITORY}node_modules/.bin:${process.env["PATH"] ?? ""}`;
    // npm must not fetch a command that the repository does not have.
    return new Playground(folder, {
      ...Object.fromEntries(own),
      ...env,
      PATH: path,
      npm_config_offline: "true",
    });
  }

  async write(name: string, text: string): Promise<void> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  /** Runs a command to its end; answers its stdout. @throws Error when its exit code is not 0 */
  async run(command: string, args: readonly string[]): Promise<string> {
    const running = this.#spawn(command, args);
    await running.ended(COMMAND_MS_MAX);
    if (running.exitCode !== 0) throw new Error(`ended with ${running.exitCode}:\n${running.everything}`);
    return running.stdout;
  }

  /** Starts a command that goes on; resolves when `isReady` is true of its stdout. */
  async start(command: string, args: readonly string[], isReady: (stdout: string) => boolean): Promise<void> {
    await this.#spawn(command, args).untilStdout(isReady, COMMAND_MS_MAX);
  }

  /** The compiler's errors in the files written here, with the repository's settings; empty when there are none. */
  async typeErrors(): Promise<string> {
    await this.write(
      "tsconfig.json",
      JSON.stringify({
        extends: relative(this.folder, `${REPOSITORY}tsconfig.base.json`),
        compilerOptions: { noEmit: true },
        include: ["**/*.ts"],
      }),
    );
    const running = this.#spawn("tsc", ["-p", "tsconfig.json", "--pretty", "false"]);
    await running.ended(COMMAND_MS_MAX);
    // The compiler also checks the sources of the packages, which are left to `npm run types`.
    const own = running.stdout.split("\n").filter((line) => line !== "" && !/^(\.\.|\s)/.test(line));
    if (running.exitCode === 0 || own.length > 0 || running.stdout !== "") return own.join("\n");
    throw new Error(`the compiler did not run:\n${running.everything}`);
  }

  /** Ends everything that still runs, the last first. */
  async stop(): Promise<void> {
    for (const running of this.#running.splice(0).reverse()) await running.stop();
  }

  /** Ends what was started last as a power cut would. @throws Error when nothing runs */
  async kill(): Promise<void> {
    const last = this.#running.findLast((running) => running.isRunning);
    if (last === undefined) throw new Error("nothing runs that could be killed");
    await last.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  #spawn(command: string, args: readonly string[]): Running {
    const running = new Running(command, args, { cwd: this.folder, env: this.#env });
    this.#running.push(running);
    return running;
  }
}

async function linkFolders(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "node_modules") continue;
    await symlink(join(from, entry.name), join(to, entry.name), "dir");
  }
}

/** A process with its child processes. */
class Running {
  stdout = "";
  /** stdout and stderr as they came. */
  everything = "";
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #onOutput: () => void = () => undefined;

  constructor(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
    // In its own group, so that processes that npx and npm start end with them.
    this.#child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.#exit = once(this.#child, "close").finally(() => this.#onOutput());
    this.#exit.catch(() => undefined);
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.everything += text;
      this.#onOutput();
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.everything += text;
    });
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  async ended(ms: number): Promise<void> {
    await this.#within(ms, this.#exit);
  }

  async untilStdout(isReady: (stdout: string) => boolean, ms: number): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => {
      this.#onOutput = () => {
        if (isReady(this.stdout)) resolve();
        else if (this.#hasEnded) reject(new Error(`ended with ${this.exitCode}:\n${this.everything}`));
      };
      this.#onOutput();
    });
    await this.#within(ms, ready);
  }

  /** Sends SIGTERM, and later SIGKILL if the process still runs. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#signal("SIGTERM");
    await this.ended(STOP_MS_MAX).catch(() => undefined);
    if (!this.#hasEnded) this.#signal("SIGKILL");
  }

  get isRunning(): boolean {
    return !this.#hasEnded;
  }

  /** SIGKILL, to the end. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.ended(STOP_MS_MAX);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The process has ended by itself meanwhile.
    }
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${ms} ms:\n${this.everything}`)), ms);
    });
    try {
      await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const STOP_MS_MAX = 15_000;
