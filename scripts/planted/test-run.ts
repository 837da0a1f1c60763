import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** A mistake may make code wait or loop for ever. */
const RUN_MS_MAX = 180_000;

/**
 * How the tests ended:
 *
 * - `passed`: all of them.
 * - `failed`: at least one test, by its own assertions or its own time limit.
 * - `hung`: the run did not end in time and was killed.
 * - `not run`: no test failed, but not all could run, for example because a file does not load.
 */
export interface TestRun {
  readonly kind: "passed" | "failed" | "hung" | "not run";
  /** The first test that failed, or the output. */
  readonly text: string;
}

interface VitestReport {
  readonly success: boolean;
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/**
 * Runs `tests` (files or folders) of the unit project in `folder`, up to the first one that fails.
 *
 * @throws the reason of `signal` when that breaks the run off
 */
export async function runTests(
  folder: string,
  tests: readonly string[],
  signal?: AbortSignal,
): Promise<TestRun> {
  signal?.throwIfAborted();
  const report = join(folder, "planted-report.json");
  rmSync(report, { force: true });
  const vitest = [join(folder, "node_modules/vitest/vitest.mjs"), "run", "--project", "unit", "--bail", "1"];
  const args = [...vitest, "--reporter", "json", "--outputFile", report, ...tests];
  // In its own group, so that workers that loop for ever end with it.
  const child = spawn(process.execPath, args, {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      printed += chunk;
    });
  }
  const kill = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  let isHung = false;
  const limit = setTimeout(() => {
    isHung = true;
    kill();
  }, RUN_MS_MAX);
  signal?.addEventListener("abort", kill, { once: true });
  await once(child, "close");
  clearTimeout(limit);
  signal?.removeEventListener("abort", kill);
  signal?.throwIfAborted();
  return isHung ? { kind: "hung", text: `broken off after ${RUN_MS_MAX} ms` } : readReport(report, printed);
}

function readReport(file: string, printed: string): TestRun {
  let report: VitestReport;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { kind: "not run", text: printed };
  }
  const failed = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === "failed");
  if (failed !== undefined) return { kind: "failed", text: failed.fullName };
  if (report.success && report.numTotalTests > 0)
    return { kind: "passed", text: `${report.numTotalTests} tests` };
  return { kind: "not run", text: printed };
}
