// Goal: `lockstep serve` runs with a limited young generation, whoever starts it, and people can have another.
// Method: a process of its own that calls it and says how it runs in the end.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { YOUNG_GENERATION_FLAGS } from "./young-generation.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-young-"));
const script = join(folder, "script.mjs");
writeFileSync(
  script,
  `import { limitYoungGeneration } from ${JSON.stringify(new URL("./young-generation.ts", import.meta.url).href)};
  limitYoungGeneration();
  const { execArgv, argv } = process;
  console.log(JSON.stringify({ execArgv, args: argv.slice(2) }));`,
);
afterAll(() => rmSync(folder, { recursive: true }));

function run(execArgv: readonly string[], nodeOptions = ""): { execArgv: string[]; args: string[] } {
  const env = { ...process.env, NODE_OPTIONS: nodeOptions };
  return JSON.parse(
    execFileSync(process.execPath, [...execArgv, script, "a b", "c"], { env, encoding: "utf8" }),
  );
}

test.skipIf(process.platform === "win32").for([
  { name: "limited where nobody says anything", given: [], options: "", taken: [...YOUNG_GENERATION_FLAGS] },
  {
    name: "limited with other flags kept",
    given: ["--expose-gc"],
    options: "",
    taken: [...YOUNG_GENERATION_FLAGS, "--expose-gc"],
  },
  {
    name: "as given",
    given: ["--max-semi-space-size=8"],
    options: "",
    taken: ["--max-semi-space-size=8"],
  },
  { name: "as given in NODE_OPTIONS", given: [], options: "--max-semi-space-size=8", taken: [] },
])("the young generation is $name", ({ given, options, taken }) => {
  expect(run(given, options)).toEqual({ execArgv: taken, args: ["a b", "c"] });
});
