import { cutText } from "../../transaction/limits.ts";

/** How much of a caller's text is said back. */
const QUOTED_CHARACTERS_MAX = 100;

/** A caller's text in a sentence: cut, and as a JSON string, so that control characters show and do no harm in a log. */
export function quoted(text: string): string {
  return JSON.stringify(cutText(text, QUOTED_CHARACTERS_MAX));
}
