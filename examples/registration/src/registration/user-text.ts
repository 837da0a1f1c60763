import { TEXT_CHARACTERS_MAX } from "../limits.ts";

/** The rule for a name, as the rest of a sentence that begins with "name". */
export const NAME_RULE = `must be a text of 1 to ${TEXT_CHARACTERS_MAX} characters, none of them a control character or invisible`;

/** The rule for a gender, likewise. */
export const GENDER_RULE = `must be a text of at most ${TEXT_CHARACTERS_MAX} characters, none of them a control character or invisible`;

/**
 * The name that a caller sent, in its stored form: without space around it, and composed (NFC). Undefined when it is no
 * name, for example when it has invisible characters. So no two names differ only in bytes. Letters that look alike
 * (Latin and Cyrillic a), case and kinds of space still make different names.
 */
export function parseName(value: unknown): string | undefined {
  const name = parseGender(value);
  return name !== undefined && VISIBLE.test(name) ? name : undefined;
}

/** The gender that a caller sent, in its stored form; it may be empty. Undefined when it is not valid. */
export function parseGender(value: unknown): string | undefined {
  if (typeof value !== "string" || !value.isWellFormed()) return undefined;
  const text = value.normalize("NFC").trim();
  if (FORBIDDEN.test(text.replace(EMOJI, ""))) return undefined;
  return [...text].length <= TEXT_CHARACTERS_MAX ? text : undefined;
}

/** Every emoji. Joiners and selectors may stand in emoji, and nowhere else. */
const EMOJI = /\p{RGI_Emoji}/gv;

/**
 * Control characters and line ends, which damage logs and pages, and U+0000, which breaks many database clients. Also
 * characters that show nothing (even the blank of Braille, which counts as a sign) or change the direction of the text:
 * with them two different names can look the same.
 */
const FORBIDDEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u{2800}]/v;

/** A visible character: a letter, a digit or a sign. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/v;
