import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder, and the missing folders above it, for their owner alone. An existing folder stays as it is.
 *
 * It does not use mkdir's `recursive`, which never ends where a file system allows no folders (/proc).
 *
 * @throws Error that says why the folder cannot be made
 */
export function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new Error(`${path} is no folder`);
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    // Another process has made it first.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    throw new Error(`the folder ${path} cannot be made (${String(code ?? cause)})`, { cause });
  }
}
