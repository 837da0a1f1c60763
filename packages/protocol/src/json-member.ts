/**
 * Reads members of untrusted JSON with the tolerance that dtm's clients rely on (protocol 1.3): null is absent,
 * unknown members are ignored, names match whatever their case. What has the wrong type is refused with a
 * sentence that names the member, what was found and what is wanted.
 *
 * Every object here comes from `JSON.parse`, which makes `__proto__` a member like any other.
 */
import { LockstepError } from "./error.ts";
import { quotedText } from "./quoted-text.ts";

/** A JSON object whose members have not been looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses the text of one JSON object; `what` names the text in errors, as the start of a sentence.
 * @throws LockstepError `invalid_argument`
 */
export function parseJsonObject(text: string, what: string): JsonObject {
  return objectOf(parseJson(text, what), what);
}

/** @throws LockstepError `invalid_argument` */
export function parseJson(text: string, what: string): unknown {
  if (text === "")
    throw new LockstepError("invalid_argument", `${what} is empty, but must be a JSON object.`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new LockstepError("invalid_argument", `${what} must be valid JSON. ${found}.`, { cause });
  }
}

export function objectOf(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw wrongType(what, value, "a JSON object");
  return value;
}

/**
 * The members of `object` under their `known` names (all in lower case). A name in another case counts where the
 * exact one is absent, the last such wins. Unknown members may still be there.
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

/** The text of a member; absent is empty. */
export function textOf(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (isAbsent(value)) return "";
  throw wrongType(name, value, "a string");
}

/** A yes or no; absent is no. */
export function flagOf(value: unknown, name: string): boolean {
  if (typeof value === "boolean") return value;
  if (isAbsent(value)) return false;
  throw wrongType(name, value, "true or false");
}

/** A whole number that is not negative; absent is 0. */
export function countOf(value: unknown, name: string): number {
  if (isAbsent(value)) return 0;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw wrongType(name, value, "a whole number from 0 to 9007199254740991");
  }
  return value + 0; // -0 is a 0 like any other.
}

/** The elements of an array; absent has none. */
export function elementsOf(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isAbsent(value)) return [];
  throw wrongType(name, value, "an array");
}

/** An object of strings; absent is empty, and so is a null in it. */
export function textsByName(value: unknown, name: string): Readonly<Record<string, string>> {
  if (isAbsent(value)) return {};
  if (!isObject(value)) throw wrongType(name, value, "an object of strings");
  // Defined, not assigned: a key like `__proto__` stays a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => [key, textOf(text, `${name}.${key}`)]),
  );
}

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
