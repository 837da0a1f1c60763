/**
 * Refuses a Node that is too old, with a sentence. The entry point imports this file first, and it imports nothing: on an
 * old Node the packages behind the others fail with a missing function, which names neither Lockstep nor Node.
 */

/** The oldest Node that the SDK runs on: `engines` of package.json. A test compares the two. */
export const NODE_VERSION_MIN = "22.19";

/** The sentence for a Node that is too old; else undefined. Deno and Bun say which Node they are like. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  const [majorMin = 0, minorMin = 0] = NODE_VERSION_MIN.split(".").map(Number);
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return undefined;
  return `lockstep needs Node ${NODE_VERSION_MIN} or newer, and this is Node ${version}; install a newer one.`;
}

// biome-ignore lint/style/noRestrictedGlobals: only the process knows which Node it is, and nobody can pass it to an import.
const problem = nodeVersionProblem(process.versions.node);
if (problem !== undefined) throw new Error(problem);
