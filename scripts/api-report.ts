/**
 * The last part of `npm run build`: writes the public surface of each published package to `packages/…/api`. It fails
 * when users can reach a type that they cannot import, or a name without a doc comment.
 *
 * The reports are in git, so every change of the public surface is a diff that somebody reads. A stale report makes
 * `npm run verify` fail at its last step, the clean tree.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UNDOCUMENTED_ALLOWED } from "./api-report/exceptions.ts";
import { publicSurfaceOf } from "./api-report/public-surface.ts";
import { reportTextOf } from "./api-report/report-text.ts";
import { rolledUpTypesOf } from "./api-report/roll-up.ts";
import { type EntryPoint, surfaceProblems } from "./api-report/surface-problems.ts";
import { distOf, PUBLISHED_PACKAGES, ROOT } from "./published-packages.ts";

const entryPoints = (await Promise.all(PUBLISHED_PACKAGES.map(entryPointsOf))).flat();
for (const name of PUBLISHED_PACKAGES) writeReports(name);
const problems = surfaceProblems(entryPoints, UNDOCUMENTED_ALLOWED);
if (problems.length > 0) {
  console.error(`api: ${problems.length} problems of the public surface:\n${problems.join("\n")}`);
  process.exitCode = 1;
}

async function entryPointsOf(name: string): Promise<EntryPoint[]> {
  const manifest: {
    readonly name: string;
    readonly exports: Readonly<Record<string, { readonly types: string }>>;
  } = JSON.parse(readFileSync(join(distOf(name), "package.json"), "utf8"));
  return Promise.all(
    Object.entries(manifest.exports).map(async ([path, { types }]) => ({
      specifier: `${manifest.name}${path.slice(1)}`,
      package: name,
      surface: publicSurfaceOf(await rolledUpTypesOf(join(distOf(name), types))),
    })),
  );
}

/** Makes the folder anew, so that no report of a deleted entry point stays. */
function writeReports(name: string): void {
  const folder = join(ROOT, "packages", name, "api");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const { specifier, surface } of entryPoints.filter((entryPoint) => entryPoint.package === name)) {
    const file = `${specifier.replace("@", "").replaceAll("/", "-")}.api.d.ts`;
    writeFileSync(join(folder, file), reportTextOf(specifier, surface));
  }
}
