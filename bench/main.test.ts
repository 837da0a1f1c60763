// Goal: whoever asks the benchmark for help, or asks for something that is not there, learns how to ask.
// Method: the real command; no benchmark runs.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

function bench(...args: readonly string[]) {
  return spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], { encoding: "utf8" });
}

test.for([["--help"], ["-h"], ["embedded", "--help"]])("%j prints the usage", (args) => {
  const { status, stdout, stderr } = bench(...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^usage: npm run bench -- NAME/);
});

test.for([
  [["nothing"], 'bench: there is no benchmark "nothing".'],
  [["embedded", "--rounds", "0"], "bench: --seconds and --rounds are whole numbers from 1."],
  [["--what"], "bench: Unknown option '--what'"],
] as const)("%j is refused with the usage", ([args, sentence]) => {
  const { status, stdout, stderr } = bench(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(sentence);
  expect(stderr).toContain("usage: npm run bench -- NAME");
});
