// Goal: the runner tells apart mistakes that tests find, mistakes that live, and mistakes that prove nothing.
// Method: a small project with one source and one test, in a folder of its own, with the real vitest.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../published-packages.ts";
import type { PlantedMistake } from "./planted-mistake.ts";
import { runTests } from "./test-run.ts";
import { tryMistake } from "./trial.ts";

const SOURCE = `export function canRun(count: number, limit: number): boolean {
  const free = limit - count;
  return free > 0;
}
export const NAME = "limit";
export const OTHER = "limit";
`;
const TEST = `import { expect, test } from "vitest";
import { canRun } from "./can-run.ts";
test("below the limit only", () => {
  expect([canRun(0, 1), canRun(1, 1)]).toEqual([true, false]);
});
`;
const CONFIG =
  'export default { test: { projects: [{ test: { name: "unit", include: ["src/*.test.ts"] } }] } };\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-planted-test-"));
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src/can-run.ts"), SOURCE);
  writeFileSync(join(folder, "src/can-run.test.ts"), TEST);
  writeFileSync(join(folder, "vitest.config.mjs"), CONFIG);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const mistake = (find: string, replace: string): PlantedMistake => ({
  file: "src/can-run.ts",
  find,
  replace,
  tests: ["src/can-run.test.ts"],
  breaks: "no more than the limit",
});

test.for([
  ["a mistake that a test notices", "free > 0", "free >= 0", "found", "below the limit only"],
  ["a harmless change", "free > 0", "0 < free", "lived", "1 tests passed"],
  ["a text with $& in it", 'NAME = "limit"', 'NAME = "$&"', "lived", "1 tests passed"],
  ["code that does not load", "free > 0;", "free > ;", "unusable", "do not run with it"],
  ["a text that is gone", "free > 1", "free > 2", "unusable", "has no such text any more"],
  ["a text that is there twice", '"limit"', '"none"', "unusable", "has this text 2 times"],
  ["a replacement that changes nothing", "free > 0", "free > 0", "unusable", "is the same text"],
] as const)("%s", async ([, find, replace, kind, text]) => {
  expect(await tryMistake(folder, mistake(find, replace))).toEqual({
    kind,
    text: expect.stringContaining(text),
  });
  expect(readFileSync(join(folder, "src/can-run.ts"), "utf8")).toBe(SOURCE);
});

test("tests that are not there prove nothing", async () => {
  expect(await runTests(folder, ["src/none.test.ts"])).toMatchObject({ kind: "not run" });
});

test("a run that is broken off ends, with what was planted taken out again", async () => {
  const ended = new AbortController();
  const trial = tryMistake(folder, mistake("free > 0", "free >= 0"), ended.signal);
  ended.abort(new Error("ended by SIGTERM"));
  await expect(trial).rejects.toThrow("ended by SIGTERM");
  expect(readFileSync(join(folder, "src/can-run.ts"), "utf8")).toBe(SOURCE);
});
