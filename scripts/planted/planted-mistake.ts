/** One mistake that somebody could make, and the tests that must notice it. */
export interface PlantedMistake {
  /** The source, from the root of the repository. */
  readonly file: string;
  /** The exact text to replace, which the source has exactly once. */
  readonly find: string;
  /** The text to write instead: code that loads and is wrong. */
  readonly replace: string;
  /** Test files, or folders of them, from the root. */
  readonly tests: readonly string[];
  /** The rule that the mistake breaks, in a few words. */
  readonly breaks: string;
}

/** Why a mistake cannot be planted in `text`; undefined where it can. */
export function plantingProblem({ file, find, replace }: PlantedMistake, text: string): string | undefined {
  const places = text.split(find).length - 1;
  if (places === 0)
    return `${file} has no such text any more; plant the mistake in the code as it is now: ${find}`;
  if (places > 1) return `${file} has this text ${places} times; take more of the lines around it: ${find}`;
  if (find === replace) return `${file}: the replacement is the same text: ${find}`;
  return undefined;
}

/** The text with the mistake in it. */
export function plantedIn({ find, replace }: PlantedMistake, text: string): string {
  // A function, because "$&" in a replacement text has a special meaning.
  return text.replace(find, () => replace);
}
