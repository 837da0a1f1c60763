import { execFileSync } from "node:child_process";
import { provide } from "./install.ts";

/**
 * What to preload (`LD_PRELOAD`) into a process whose wall clock a test moves; may hold `$LIB`, which the loader knows.
 * Found, else installed. @throws Error that says how to get it
 */
export async function provideFaketime(): Promise<string> {
  const faketime = await provide({
    name: "faketime",
    binaries: ["faketime"],
    debianPackage: "faketime",
  });
  // The wrapper knows where its library is, which is another place on every architecture.
  const preload = execFileSync(faketime, ["-m", "-f", "+0", "printenv", "LD_PRELOAD"], { encoding: "utf8" });
  return preload.trim();
}
