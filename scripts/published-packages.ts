import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");

/** The published packages in the order of their build: each needs only packages before it. */
export const PUBLISHED_PACKAGES = ["protocol", "discovery", "grpc-client", "server", "sdk"];

/** The folder that `npm run build` makes for a package, ready for `npm publish`. */
export function distOf(name: string): string {
  return join(ROOT, "packages", name, "dist");
}
