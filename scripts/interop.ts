/**
 * `npm run interop`: other languages' clients, unchanged, against our coordinator (`interop/`). Each scenario is a line
 * `ok …` or `not ok …`. `npm run interop -- go` runs one language alone.
 *
 * A language that this machine does not have is left out, and a line says so. Everything else that keeps a scenario from
 * running is a failure.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startMariaDb } from "@lockstep/testkit/servers";
import { ROOT } from "./published-packages.ts";

const COORDINATOR = join(ROOT, "packages/server/src/cli/main.ts");
/** The first build of a program downloads the SDK and all that it needs, and compiles them. */
const COMMAND_MS_MAX = 900_000;

/** The coordinator's doors. */
interface Doors {
  /** dtm's base URL. */
  readonly http: string;
  /** `host:port`. */
  readonly grpc: string;
}

/** What the programs are told. */
interface Places extends Doors {
  /** The participants' database: `mysql://user:password@host:port/database`. */
  readonly mysql: string;
}

type Command = readonly [program: string, ...args: string[]];

interface Language {
  readonly name: string;
  /** Succeeds where the machine has the language. */
  readonly probe: Command;
  /** What makes the program ready to run, in the language's folder; `scratch` is for what it makes. */
  readonly prepare: (scratch: string) => readonly Command[];
  readonly run: (scratch: string, places: Places) => Command;
}

const MAVEN: Command = ["mvn", "--quiet", "--batch-mode"];

const LANGUAGES: readonly Language[] = [
  {
    name: "go",
    probe: ["go", "version"],
    prepare: (scratch) => [["go", "build", "-o", join(scratch, "program"), "."]],
    run: (scratch, { http, grpc, mysql }) => [
      join(scratch, "program"),
      ...["-http", http, "-grpc", grpc, "-mysql", mysql],
    ],
  },
  {
    name: "python",
    probe: ["python3", "-c", "import ensurepip, venv"],
    prepare: (scratch) => [
      ["python3", "-m", "venv", scratch],
      [join(scratch, "bin/pip"), "install", "--quiet", "--requirement", "requirements.txt"],
    ],
    run: (scratch, { http }) => [join(scratch, "bin/python"), "main.py", http],
  },
  {
    name: "java",
    probe: ["mvn", "--version"],
    prepare: (scratch) => [
      [...MAVEN, `-Dscratch=${scratch}`, "compile"],
      [...MAVEN, `-Dscratch=${scratch}`, "dependency:copy-dependencies", `-DoutputDirectory=${scratch}/lib`],
    ],
    run: (scratch, { http }) => ["java", "-cp", `${scratch}/classes:${scratch}/lib/*`, "Main", http],
  },
];

const [only] = process.argv.slice(2);
const languages = LANGUAGES.filter(({ name }) => only === undefined || name === only);
if (languages.length === 0) throw new Error(`interop: there is no language "${only}"`);

const folder = mkdtempSync(join(tmpdir(), "lockstep-interop-"));
const coordinator = startCoordinator(join(folder, "lockstep.db"));
try {
  await using database = await startMariaDb();
  const places = { ...(await doorsOf(coordinator)), mysql: database.uri("interop") };
  for (const language of languages) {
    if (!succeeds(language.probe)) console.error(`interop: LEFT OUT: this machine has no ${language.name}`);
    else if (!passes(language, places)) process.exitCode = 1;
  }
} finally {
  coordinator.kill();
  rmSync(folder, { recursive: true, force: true });
}

function startCoordinator(file: string): ChildProcess {
  const flags = ["--http-port", "0", "--grpc-port", "0", "--store", `sqlite:${file}`];
  return spawn(process.execPath, [COORDINATOR, "serve", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
}

/** Where the coordinator listens, as it says when it does. @throws Error when it ends instead */
async function doorsOf({ stdout }: ChildProcess): Promise<Doors> {
  if (stdout === null) throw new Error("interop: the coordinator has no output");
  for await (const line of createInterface({ input: stdout })) {
    const [, http, grpc] = /(http:\/\/\S+) and grpc:\/\/([^\s,]+)/.exec(line) ?? [];
    if (http !== undefined && grpc !== undefined) return { http: `${http}/api/dtmsvr`, grpc };
  }
  throw new Error("interop: the coordinator ended before it listened");
}

/** Whether every scenario of a language passed. */
function passes({ name, prepare, run }: Language, places: Places): boolean {
  const cwd = join(ROOT, "interop", name);
  const scratch = mkdtempSync(join(folder, `${name}-`));
  for (const command of [...prepare(scratch), run(scratch, places)]) {
    if (succeeds(command, cwd)) continue;
    console.error(`interop: ${name} FAILED: ${command.join(" ")}`);
    return false;
  }
  return true;
}

/** Runs a command; where it works, in `cwd`, people see what it says. */
function succeeds([program, ...args]: Command, cwd?: string): boolean {
  const shown = cwd === undefined ? "ignore" : "inherit";
  return spawnSync(program, args, { cwd, stdio: shown, timeout: COMMAND_MS_MAX }).status === 0;
}
