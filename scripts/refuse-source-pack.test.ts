// Goal: nobody makes a tarball of a package's sources, which would die at its first import; a built one can be made.
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

test.for([
  ["npm pack of a package's folder, from a project elsewhere", [join(ROOT, "packages/sdk")], folder],
  ["npm pack -w lockstep, where npm runs scripts", ["-w", "lockstep", "--ignore-scripts=false"], ROOT],
] as const)("%s is refused, and says what works", ([, args, cwd]) => {
  // npx gives this repository's settings on to what it starts.
  const { npm_config_ignore_scripts: _, ...env } = process.env;
  const { status, stderr } = spawnSync("npm", ["pack", ...args, "--pack-destination", folder], {
    cwd,
    env,
    encoding: "utf8",
  });
  expect(status).not.toBe(0);
  expect(stderr).toContain("`npm run pack` builds the packages and makes tarballs that work");
  expect(readdirSync(folder)).toEqual([]);
});

test.for(PUBLISHED_PACKAGES)("%s refuses, and its built package does not", (name) => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "packages", name, "package.json"), "utf8"));
  expect(manifest.scripts.prepack).toBe("node ../../scripts/refuse-source-pack.ts");
  expect(publishedManifestOf(manifest)).not.toHaveProperty("scripts");
});
