/**
 * `npm run interop`: other languages' clients, unchanged, against our coordinator (`interop/`). Each scenario is a line
 * `ok …` or `not ok …`.
 *
 * A language that this machine does not have is left out, and the last line says so. Everything else that keeps a
 * scenario from running is a failure.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "./published-packages.ts";

const COORDINATOR = join(ROOT, "packages/server/src/cli/main.ts");
const GO_PROGRAM = join(ROOT, "interop/go");
/** The first build downloads the SDK and compiles gRPC. */
const BUILD_MS_MAX = 900_000;
const RUN_MS_MAX = 600_000;

const folder = mkdtempSync(join(tmpdir(), "lockstep-interop-"));
const coordinator = startCoordinator(join(folder, "lockstep.db"));
try {
  const doors = await doorsOf(coordinator);
  if (hasGo()) runGo(doors);
  else console.error("interop: LEFT OUT: there is no go on this machine, so dtm's Go SDK was not run.");
} finally {
  coordinator.kill();
  rmSync(folder, { recursive: true, force: true });
}

interface Doors {
  readonly http: string;
  readonly grpc: string;
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
    if (http !== undefined && grpc !== undefined) return { http, grpc };
  }
  throw new Error("interop: the coordinator ended before it listened");
}

function hasGo(): boolean {
  return spawnSync("go", ["version"], { stdio: "ignore" }).status === 0;
}

/** Builds the Go program and runs it; says in the exit code whether every scenario passed. */
function runGo({ http, grpc }: Doors): void {
  const program = join(folder, "interop-go");
  const built = spawnSync("go", ["build", "-o", program, "."], {
    cwd: GO_PROGRAM,
    stdio: "inherit",
    timeout: BUILD_MS_MAX,
  });
  if (built.status !== 0) throw new Error("interop: the Go program could not be built; see above");
  const run = spawnSync(program, ["-http", `${http}/api/dtmsvr`, "-grpc", grpc], {
    stdio: "inherit",
    timeout: RUN_MS_MAX,
  });
  if (run.status === 0) return;
  console.error("interop: a scenario of dtm's Go SDK failed; see the lines that begin with `not ok`");
  process.exitCode = 1;
}
