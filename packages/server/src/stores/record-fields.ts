/**
 * Reads the members of stored JSON and checks their types: a record on a disk may be damaged, and a damaged record must
 * not become a model.
 */

/** No encoder of a known form wrote this record. The message says what is wrong with it. */
export class CorruptRecord extends Error {
  override readonly name = "CorruptRecord";
}

/** A JSON object whose members are not checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Parses `text`. @throws CorruptRecord when it is not a JSON object */
export function parseFields(text: string, what: string): Fields {
  return fieldsOf(parseJson(text, what), what);
}

/** Parses `text`. @throws CorruptRecord when it is not a JSON array */
export function parseArray(text: string, what: string): readonly unknown[] {
  return arrayOf(parseJson(text, what), what);
}

/** `value` as an object with members. @throws CorruptRecord */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CorruptRecord(`The stored ${what} is not a JSON object.`);
  }
  return value as Fields;
}

/** `value` as an array. @throws CorruptRecord */
export function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new CorruptRecord(`The stored ${what} is not an array.`);
  return value;
}

/** `value` as text. @throws CorruptRecord */
export function textOf(value: unknown, what: string): string {
  if (typeof value !== "string") throw new CorruptRecord(`The stored ${what} is not text.`);
  return value;
}

/** `value` as a number. @throws CorruptRecord */
export function numberOf(value: unknown, what: string): number {
  if (typeof value !== "number") throw new CorruptRecord(`The stored ${what} is not a number.`);
  return value;
}

/** `value` as one of `words`. @throws CorruptRecord */
export function wordOf<Word extends string>(value: unknown, words: readonly Word[], what: string): Word {
  const word = words.find((one) => one === value);
  if (word === undefined) {
    throw new CorruptRecord(
      `The stored ${what} is ${JSON.stringify(value)}, not one of ${words.join(", ")}.`,
    );
  }
  return word;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CorruptRecord(`The stored ${what} is not JSON.`, { cause: error });
  }
}
