/** How much of somebody else's text is repeated in a sentence. */
export const QUOTED_CHARACTERS_MAX = 100;

/**
 * Somebody else's text, to stand in a sentence: cut, and written as a JSON string, so that control characters can be
 * seen and do no harm in a log. An ellipsis says that it was cut.
 */
export function quotedText(text: string): string {
  const isLong = text.length > QUOTED_CHARACTERS_MAX;
  // A cut between the two halves of a surrogate pair leaves half a character, which has no UTF-8 form.
  return JSON.stringify(isLong ? `${text.slice(0, QUOTED_CHARACTERS_MAX).toWellFormed()}…` : text);
}
