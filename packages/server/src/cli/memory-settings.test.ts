// Goal: `lockstep serve` runs with its memory settings however it is started, and people can choose others.
// Method: a process that applies the settings and then prints those that it runs with.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { isKnownToNode, MEMORY_FLAGS } from "./memory-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-memory-"));
const script = join(folder, "script.mjs");
const settings = new URL("./memory-settings.ts", import.meta.url).href;
writeFileSync(
  script,
  `import { applyMemorySettings } from ${JSON.stringify(settings)};
  applyMemorySettings();
  const { execArgv, argv, env } = process;
  console.log(JSON.stringify({ flags: execArgv, args: argv.slice(2), arenas: env.MALLOC_ARENA_MAX ?? "" }));`,
);
afterAll(() => rmSync(folder, { recursive: true }));

interface Start {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function run({ flags = [], env = {} }: Start): unknown {
  const { NODE_OPTIONS: _options, MALLOC_ARENA_MAX: _arenas, ...others } = process.env;
  const args = [...flags, script, "a b", "c"];
  return JSON.parse(execFileSync(process.execPath, args, { env: { ...others, ...env }, encoding: "utf8" }));
}

const OWN_FLAG = "--max-semi-space-size=8";

test.skipIf(process.platform === "win32").for<[string, Start, { flags: readonly string[]; arenas: string }]>([
  ["nobody says anything", {}, { flags: MEMORY_FLAGS, arenas: "1" }],
  [
    "there are other flags",
    { flags: ["--expose-gc"] },
    { flags: [...MEMORY_FLAGS, "--expose-gc"], arenas: "1" },
  ],
  ["the allocator is set", { env: { MALLOC_ARENA_MAX: "4" } }, { flags: MEMORY_FLAGS, arenas: "4" }],
  ["a flag is given", { flags: [OWN_FLAG] }, { flags: [OWN_FLAG], arenas: "" }],
  ["NODE_OPTIONS has one", { env: { NODE_OPTIONS: OWN_FLAG } }, { flags: [], arenas: "" }],
])("the right settings where %s", ([, start, expected]) => {
  expect(run(start)).toEqual({ ...expected, args: ["a b", "c"] });
});

test("a flag that this Node does not know is noticed before it ends the process", () => {
  expect(isKnownToNode(MEMORY_FLAGS)).toBe(true);
  expect(isKnownToNode([...MEMORY_FLAGS, "--no-such-flag"])).toBe(false);
});
