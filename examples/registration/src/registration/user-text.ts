import { TEXT_CHARACTERS_MAX } from "../limits.ts";

/** What a name must be, as the rest of a sentence that begins with "name". */
export const NAME_RULE = `must be a text of 1 to ${TEXT_CHARACTERS_MAX} characters, none of them a control character or invisible`;

/** What a gender must be, likewise. */
export const GENDER_RULE = `must be a text of at most ${TEXT_CHARACTERS_MAX} characters, none of them a control character or invisible`;

/**
 * The name in what a caller sent, as it is stored: without the space around it, composed (NFC), and without anything
 * that nobody sees. So no name differs from another in bytes alone. Letters that look alike (Latin and Cyrillic a), case and
 * kinds of space still make different names. Undefined when it is none.
 */
export function parseName(value: unknown): string | undefined {
  const name = parseGender(value);
  return name !== undefined && VISIBLE.test(name) ? name : undefined;
}

/** The gender in what a caller sent, as it is stored; it may be empty. Undefined when it is none. */
export function parseGender(value: unknown): string | undefined {
  if (typeof value !== "string" || !value.isWellFormed()) return undefined;
  const text = value.normalize("NFC").trim();
  if (FORBIDDEN.test(text.replace(EMOJI, ""))) return undefined;
  return [...text].length <= TEXT_CHARACTERS_MAX ? text : undefined;
}

/** Every emoji there is: joiners and selectors belong there, and nowhere else. */
const EMOJI = /\p{RGI_Emoji}/gv;

/**
 * Control characters and line ends, which break up logs and pages, and U+0000 many a client of a database; and what
 * shows nothing (the blank of Braille too, which counts as a sign) or turns the direction of what follows, so that
 * other names look like this one.
 */
const FORBIDDEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u{2800}]/v;

/** Something to see: letters, digits, signs. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/v;
