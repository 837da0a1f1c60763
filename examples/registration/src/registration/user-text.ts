import { TEXT_CHARACTERS_MAX } from "../limits.ts";

/** What a name must be, as the rest of a sentence that begins with "name". */
export const NAME_RULE = `must be a text of 1 to ${TEXT_CHARACTERS_MAX} characters without control characters`;

/** What a gender must be, likewise. */
export const GENDER_RULE = `must be a text of at most ${TEXT_CHARACTERS_MAX} characters without control characters`;

/**
 * The name in what a caller sent, as it is stored: without the space around it, and composed (NFC), so that
 * nobody can take a name that looks the same letter by letter. Case counts. Undefined when it is none.
 */
export function parseName(value: unknown): string | undefined {
  const name = parseGender(value);
  return name === "" ? undefined : name;
}

/** The gender in what a caller sent, as it is stored; it may be empty. Undefined when it is none. */
export function parseGender(value: unknown): string | undefined {
  if (typeof value !== "string" || !value.isWellFormed() || FORBIDDEN.test(value.trim())) return undefined;
  const text = value.normalize("NFC").trim();
  return [...text].length <= TEXT_CHARACTERS_MAX ? text : undefined;
}

/** Control characters and line ends: they break up logs and pages, and U+0000 many a client of a database. */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}]/u;
