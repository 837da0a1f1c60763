import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { NODE_VERSION_MIN, nodeVersionProblem } from "./supported-node.ts";

test.for(["22.19.0", "22.20.1", "23.0.0", "26.10.0"])("Node %s will do", (version) => {
  expect(nodeVersionProblem(version)).toBeUndefined();
});

test.for(["20.20.2", "22.18.0", "18.0.0"])("Node %s is too old", (version) => {
  expect(nodeVersionProblem(version)).toBe(
    `lockstep needs Node 22.19 or newer, and this is Node ${version}; install a newer one.`,
  );
});

test("package.json asks for the same", () => {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  expect(JSON.parse(manifest).engines).toEqual({ node: `>=${NODE_VERSION_MIN}` });
});

test("the entry point asks before it loads anything that an old Node has not", () => {
  const index = readFileSync(new URL("index.ts", import.meta.url), "utf8");
  const [first] = /^(import|export) .*/m.exec(index) ?? [];
  expect(first).toBe('import "./supported-node.ts";');
  expect(readFileSync(new URL("supported-node.ts", import.meta.url), "utf8")).not.toMatch(/^import /m);
});
