import { provide } from "./install.ts";

/** The full path of curl, which is found or else installed. @throws Error that says how to get it */
export function provideCurl(): Promise<string> {
  return provide({
    name: "curl",
    binaries: ["curl"],
    debianPackage: "curl",
  });
}
