/**
 * `npm run pack`: builds the published packages, makes a tarball of each in `tarballs/`, and tries the tarballs in a
 * project that has nothing else. For those who want Lockstep before npm has it.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { packBuilt } from "./pack-built.ts";
import { PUBLISHED_PACKAGES, ROOT } from "./published-packages.ts";
import { trySmokeProject } from "./smoke-project.ts";

const folder = join(ROOT, "tarballs");
execFileSync(process.execPath, [join(ROOT, "scripts/build.ts")], { stdio: "inherit" });
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const tarballs = PUBLISHED_PACKAGES.map((name) => packBuilt(name, folder));
const project = mkdtempSync(join(tmpdir(), "lockstep-pack-"));
try {
  trySmokeProject(project, tarballs);
} finally {
  rmSync(project, { recursive: true });
}
const made = tarballs.map((tarball) => `  ${relative(ROOT, tarball)}`).join("\n");
console.log(`pack: made and tried\n${made}\nIn your project: npm install ${join(folder, "*.tgz")}`);
