import { provide } from "./install.ts";

/** The full path of curl: found, else installed. @throws Error that lists the ways out */
export function provideCurl(): Promise<string> {
  return provide({
    name: "curl",
    binaries: ["curl"],
    debianPackage: "curl",
    variable: "PATH",
    example: "/folder/of/curl:$PATH",
    container: "none: a client is needed here, not a server",
  });
}
