import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { NODE_VERSION_MIN, nodeVersionProblem } from "./node-version.ts";

test.for(["22.19.0", "22.20.1", "23.0.0", "24.0.0-nightly20250101", "26.10.0", "100.0.0"])(
  "Node %s will do",
  (version) => {
    expect(nodeVersionProblem(version)).toBeUndefined();
  },
);

test.for(["20.20.2", "22.18.0", "22.2.0", "18.0.0", "9.99.99"])("Node %s is too old", (version) => {
  expect(nodeVersionProblem(version)).toBe(
    `Lockstep needs Node 22.19 or newer, and this is Node ${version}; install a newer one.`,
  );
});

test("package.json asks for the same", () => {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  expect(JSON.parse(manifest).engines).toEqual({ node: `>=${NODE_VERSION_MIN}` });
});

test("the command asks before it loads anything that an old Node has not", () => {
  const main = readFileSync(new URL("main.ts", import.meta.url), "utf8");
  const loadedFirst = [...main.matchAll(/^import .* from "(.*)";$/gm)].map(([, path]) => path);
  expect(loadedFirst).toEqual([
    "./exit-codes.ts",
    "./memory-settings.ts",
    "./node-version.ts",
    "./sqlite-warning.ts",
  ]);
  for (const path of loadedFirst) {
    const text = readFileSync(new URL(path ?? "", import.meta.url), "utf8");
    const needed = [...text.matchAll(/^import .*$/gm)].map(([line]) => line);
    // Every Node has it.
    expect(needed.filter((line) => !line.endsWith('from "node:child_process";'))).toEqual([]);
  }
});
