// Goal: nobody makes a tarball of a package's sources, which would die at its first import; a built one can be made. And
// installing this repository runs no code of its dependencies, although npm runs scripts.
// Method: npm itself, as a user calls it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { publishedManifestOf } from "./published-manifest.ts";
import { PUBLISHED_PACKAGES, ROOT } from "./published-packages.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-source-pack-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SDK = join(ROOT, "packages/sdk");
const HERE = ["--pack-destination", folder];
/** Nothing may be published by a test, not even when the refusal is gone. */
const NOWHERE = ["--dry-run", "--fetch-retries=0", "--registry", "http://127.0.0.1:9/"];

test.for([
  ["npm pack -w lockstep", ["pack", "-w", "lockstep", ...HERE], ROOT],
  ["npm pack in a package's folder", ["pack", ...HERE], SDK],
  ["npm pack of a package's folder, from a project elsewhere", ["pack", SDK, ...HERE], folder],
  ["npm publish -w lockstep", ["publish", "-w", "lockstep", ...NOWHERE], ROOT],
] as const)("%s is refused, and says what works", ([, args, cwd]) => {
  // What the machine's owner has set is not tried here, but what this repository sets.
  const { npm_config_ignore_scripts: _, ...env } = process.env;
  const { status, stderr } = spawnSync("npm", args, { cwd, env, encoding: "utf8" });
  expect(status).not.toBe(0);
  expect(stderr).toContain("`npm run pack` builds the packages and makes tarballs that work");
  expect(readdirSync(folder)).toEqual([]);
});

test.for(PUBLISHED_PACKAGES)("%s refuses, and its built package does not", (name) => {
  const manifest = jsonOf(join("packages", name, "package.json"));
  expect(manifest.scripts.prepack).toBe("node ../../scripts/refuse-source-pack.js");
  expect(publishedManifestOf(manifest)).not.toHaveProperty("scripts");
});

test("every dependency that would run a script when it is installed is denied that, and no other is named", () => {
  const locked = Object.entries<{ readonly hasInstallScript?: true }>(jsonOf("package-lock.json").packages);
  const running = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  const names = running.map(([path]) => path.replace(/^.*node_modules\//, ""));
  expect(names.length).toBeGreaterThan(0);
  expect(jsonOf("package.json").allowScripts).toEqual(Object.fromEntries(names.map((name) => [name, false])));
});

function jsonOf(path: string) {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}
