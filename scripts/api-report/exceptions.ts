/**
 * Members that need no doc comment, by `Name.member`, `Name.*` or `*.member`, with the reason. Keep it short: a
 * line that excuses nobody any more fails the build, too.
 */
export const UNDOCUMENTED_ALLOWED: ReadonlyMap<string, string> = new Map([
  ["*.kind", "the tag of a variant; its value says which variant this is"],
]);
