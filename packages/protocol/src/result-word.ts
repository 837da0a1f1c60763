import { withoutSpaceAtEnd } from "./outer-space.ts";

/** The words by which a text says that it is not a success. */
export type ResultWord = "FAILURE" | "ONGOING";

/**
 * `text` with ` FAILURE` (or ` ONGOING`) at its end: dtm's clients look for the word in messages and reasons
 * (protocol 0.3). A text that ends so already stays as it is, but for white space after the word.
 */
export function withResultWord(text: string, word: ResultWord): string {
  const ending = ` ${word}`;
  const trimmed = withoutSpaceAtEnd(text);
  return trimmed.endsWith(ending) ? trimmed : text + ending;
}
