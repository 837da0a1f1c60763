/** The words by which a text says that it is not a success. */
export type ResultWord = "FAILURE" | "ONGOING";

/**
 * `text` ending in ` FAILURE` (or ` ONGOING`), once: dtm's clients look for the word in messages and reasons
 * (protocol 0.3). Saying it twice changes nothing.
 */
export function withResultWord(text: string, word: ResultWord): string {
  const ending = ` ${word}`;
  return text.endsWith(ending) ? text : text + ending;
}
