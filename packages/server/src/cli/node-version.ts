/** The oldest Node that Lockstep runs on: `engines` of package.json. A test compares the two. */
export const NODE_VERSION_MIN = "22.19";

/** The sentence for a Node that is too old, which would fail with a missing module instead; else undefined. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  const [majorMin = 0, minorMin = 0] = NODE_VERSION_MIN.split(".").map(Number);
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return undefined;
  return `Lockstep needs Node ${NODE_VERSION_MIN} or newer, and this is Node ${version}; install a newer one.`;
}
