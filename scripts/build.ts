/** `npm run build`: makes a `dist` in each published package: a folder that is ready to publish. */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishedManifestOf } from "./published-manifest.ts";
import { distOf, PUBLISHED_PACKAGES, ROOT } from "./published-packages.ts";

for (const name of PUBLISHED_PACKAGES) build(name);

function build(name: string): void {
  const folder = join(ROOT, "packages", name);
  const dist = distOf(name);
  rmSync(dist, { recursive: true, force: true });
  execFileSync("tsc", ["-p", join(folder, "tsconfig.build.json")], { stdio: "inherit" });
  for (const file of globSync("**/*.d.ts", { cwd: dist })) nameBuiltFiles(join(dist, file));
  const manifest = publishedManifestOf(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  writeFileSync(join(dist, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const path of Object.values(manifest["bin"] ?? {})) chmodSync(join(dist, path), 0o755);
  copyFileSync(join(folder, "README.md"), join(dist, "README.md"));
  copyFileSync(join(ROOT, "LICENSE"), join(dist, "LICENSE"));
}

/** The compiler rewrites `./x.ts` in JavaScript only, but other tools look for `./x.js` in types, too. */
function nameBuiltFiles(file: string): void {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/((?:from|import|import\() ?"\.[^"]*)\.ts"/g, '$1.js"'));
}
