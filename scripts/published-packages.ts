import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");

/** The packages that are published, in the order in which they are built: each needs only those before it. */
export const PUBLISHED_PACKAGES = ["protocol", "discovery", "grpc-client", "server", "sdk"];

/** The folder that `npm run build` makes of a package, ready for `npm publish`. */
export function distOf(name: string): string {
  return join(ROOT, "packages", name, "dist");
}
