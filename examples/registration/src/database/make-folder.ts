import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it that are missing, for their owner alone. One that is there stays as it is.
 *
 * Not by mkdir's own `recursive`: where a file system has no room for folders (/proc) that tries for ever.
 *
 * @throws Error that says in words why there can be no folder
 */
export function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new Error(`${path} is no folder`);
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    // Somebody was quicker.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    throw new Error(`the folder ${path} cannot be made (${String(code ?? cause)})`, { cause });
  }
}
