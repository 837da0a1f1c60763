/**
 * Reads members of untrusted JSON as tolerantly as dtm's clients need it (protocol 1.3): null counts as absent, unknown
 * members are ignored, and a name matches in any case. A value of the wrong type is refused with a sentence that names
 * the member, what was found and what is wanted.
 *
 * Every object here comes from `JSON.parse`, which makes `__proto__` a member like any other.
 */
import { LockstepError } from "./error.ts";
import { checkJsonExtent } from "./json-extent.ts";
import { quotedText } from "./quoted-text.ts";

/** A JSON object whose members are not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses the text of one JSON object; `what` names the text in errors, as the start of a sentence.
 * @throws LockstepError `invalid_argument`
 */
export function parseJsonObject(text: string, what: string): JsonObject {
  return objectOf(parseJson(text, what), what);
}

/** Parses any JSON text; `what` names the text in errors. @throws LockstepError `invalid_argument` */
export function parseJson(text: string, what: string): unknown {
  if (text === "")
    throw new LockstepError("invalid_argument", `${what} is empty, but must be a JSON object.`);
  checkJsonExtent(text, what);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new LockstepError("invalid_argument", `${what} must be valid JSON. ${found}.`, { cause });
  }
}

/** `value` as an object; `what` names it in errors. @throws LockstepError `invalid_argument` */
export function objectOf(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw wrongType(what, value, "a JSON object");
  return value;
}

/**
 * The members of `object` under their `known` names, which are all in lower case. When the exact name is absent, the
 * last name that differs from it in case only counts. Unknown members may still be there.
 */
export function knownMembers<Name extends string>(
  object: JsonObject,
  known: ReadonlySet<Name>,
): Partial<Readonly<Record<Name, unknown>>>;
export function knownMembers(object: JsonObject, known: ReadonlySet<string>): JsonObject {
  let folded: Record<string, unknown> | undefined;
  for (const name of Object.keys(object)) {
    if (known.has(name)) continue;
    const lowerCase = name.toLowerCase();
    if (!known.has(lowerCase) || object[name] === null || !isAbsent(object[lowerCase])) continue;
    folded ??= { ...object };
    folded[lowerCase] = object[name];
  }
  return folded ?? object;
}

/** The text of a member; an absent one is empty. */
export function textOf(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (isAbsent(value)) return "";
  throw wrongType(name, value, "a string");
}

/** Whether a member is true; an absent one is not. */
export function flagOf(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  if (isAbsent(value)) return false;
  throw wrongType(name, value, "true or false");
}

/** The whole number in a member, which is not negative; an absent one is 0. */
export function countOf(value: unknown, name: string): number {
  if (isAbsent(value)) return 0;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw wrongType(name, value, "a whole number from 0 to 9007199254740991");
  }
  return value + 0; // This makes 0 of -0.
}

/** The elements of an array; an absent one has none. */
export function elementsOf(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isAbsent(value)) return [];
  throw wrongType(name, value, "an array");
}

/** An object of strings. An absent one is empty, and a null in it is an empty text. */
export function textsByName(value: unknown, name: string): Readonly<Record<string, string>> {
  if (isAbsent(value)) return {};
  if (!isObject(value)) throw wrongType(name, value, "an object of strings");
  // `fromEntries` defines members and does not assign them, so that a key like `__proto__` stays a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => [key, textOf(text, `${name}.${key}`)]),
  );
}

/** Whether a member is missing; null counts as missing. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** The error about a member that is not what it must be; `wanted` is a noun phrase. */
export function wrongType(name: string, value: unknown, wanted: string): LockstepError {
  return new LockstepError("invalid_argument", `${name} must be ${wanted}, but is ${described(value)}.`);
}

function described(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return typeof value === "string"
    ? `the string ${quotedText(value)}`
    : `the ${typeof value} ${String(value)}`;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
