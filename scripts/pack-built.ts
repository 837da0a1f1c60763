import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { distOf } from "./published-packages.ts";

/** Makes a tarball of the built package `name` in `folder`; answers its path. */
export function packBuilt(name: string, folder: string): string {
  const packed = outputOf("npm", ["pack", "--json", "--pack-destination", folder], distOf(name));
  const [{ filename }] = JSON.parse(packed);
  return join(folder, filename);
}

/** Answers the output of `command`. @throws an error with the output when the command fails */
export function outputOf(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`);
}
