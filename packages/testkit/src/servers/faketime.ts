import { globSync } from "node:fs";
import { provide } from "./install.ts";

/** Where systems keep the library; Debian has a folder for each architecture. */
const LIBRARY = "/usr/{lib,lib64,lib/*,local/lib}/faketime/libfaketimeMT.so.1";

/**
 * What to preload (`LD_PRELOAD`) into a process whose wall clock a test moves. Found, else installed.
 *
 * The wrapper `faketime` could be asked for it, but leaves a semaphore behind that is named after its process id. Each
 * later process with that id then fails.
 * @throws Error that says how to get it
 */
export async function provideFaketime(): Promise<string> {
  await provide({ name: "faketime", binaries: ["faketime"], debianPackage: "faketime" });
  const [library] = globSync(LIBRARY);
  if (library === undefined) throw new Error(`faketime is installed, but its library is not at ${LIBRARY}.`);
  return library;
}
