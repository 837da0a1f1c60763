import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { ROOT } from "./published-packages.ts";

/** A generated service, for a branch over gRPC. */
const BANK = "packages/sdk/src/fixture/gen/bank_pb.ts";

/**
 * Makes a project in `folder`, installs the tarballs there as a user would, compiles a program against their types, and
 * runs the program and the command. @throws when any of this fails
 */
export function trySmokeProject(folder: string, tarballs: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  writeJson(join(folder, "package.json"), { private: true, type: "module" });
  writeJson(join(folder, "package-lock.json"), lockOfDependencies());
  writeJson(join(folder, "tsconfig.json"), {
    extends: join(ROOT, "tsconfig.base.json"),
    compilerOptions: { noEmit: true, typeRoots: [join(ROOT, "node_modules/@types")] },
  });
  for (const file of ["scripts/smoke/smoke.ts", "scripts/smoke/oldest-node.ts", BANK]) {
    const text = readFileSync(join(ROOT, file), "utf8");
    writeFileSync(join(folder, basename(file)), text.replace(`../../${BANK}`, `./${basename(BANK)}`));
  }
  // The Node of this repository, not the machine's.
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter) };
  const run = (command: string, args: readonly string[]): string => {
    return execFileSync(command, args, {
      cwd: folder,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
  };
  run("npm", ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", ...tarballs]);
  run("tsc", ["-p", "."]);
  const version = run("npx", ["lockstep", "--version"]);
  const programOutput = run("node", ["smoke.ts"]);
  const expected = `lockstep ${version.trim()}: a saga of two steps succeeded\n`;
  if (programOutput !== expected) throw new Error(`smoke.ts printed "${programOutput}", not "${expected}"`);
}

/**
 * The repository's lock file without its own packages. So the project gets the versions that the tests used, and npm
 * needs no network, because it has fetched them already. npm leaves out packages that the project does not need.
 */
function lockOfDependencies(): object {
  const { lockfileVersion, packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const dependencies = Object.entries<{ readonly link?: true }>(packages).filter(
    ([path, { link }]) => path.startsWith("node_modules/") && link !== true,
  );
  return { lockfileVersion, requires: true, packages: { "": {}, ...Object.fromEntries(dependencies) } };
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value));
}
