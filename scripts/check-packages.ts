/**
 * `npm run packages`, after `npm run build`: checks the form of the packages (publint, attw). Then it tries a project
 * that has only their tarballs and the dependencies of these, on this Node and on the oldest that the packages name.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { oldestNode, tryOldestNode } from "./oldest-node-trial.ts";
import { outputOf, packBuilt } from "./pack-built.ts";
import { distOf, PUBLISHED_PACKAGES } from "./published-packages.ts";
import { trySmokeProject } from "./smoke-project.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-packages-"));
try {
  const tarballs = await Promise.all(PUBLISHED_PACKAGES.map(packAndCheck));
  const project = join(folder, "project");
  trySmokeProject(project, tarballs);
  console.log(`packages: ${tarballs.length} in good shape, and a project with nothing else works`);
  const oldest = oldestNode(process);
  console.log(`packages: ${oldest.kind === "missing" ? oldest.warning : tryOldestNode(project, oldest)}`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Packs the built package `name`; answers the tarball's path. @throws when the form of the package is wrong */
async function packAndCheck(name: string): Promise<string> {
  const dist = distOf(name);
  const { messages } = await publint({ pkgDir: dist, strict: true });
  if (messages.length > 0) throw new Error(`publint, packages/${name}: ${JSON.stringify(messages, null, 2)}`);
  const tarball = packBuilt(name, folder);
  outputOf("attw", [tarball, "--profile", "esm-only", "--no-emoji", "--no-color"], dist);
  return tarball;
}
