/** Stands in place of a secret. */
const REDACTED = "[redacted]";

/** A name whose value is a secret, in a field, a query parameter or a `name=value`. */
const SECRET_NAME =
  "[\\w.-]*(?:password|passwd|passphrase|secret|token|authorization|cookie|credential|api[_-]?key)s?";

const SECRET_FIELD = new RegExp(`^${SECRET_NAME}$`, "i");

/** `postgres://user:THIS@host`: up to the last `@` before the path, because passwords hold `@` too. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/]*@/gi;

/** `?password=THIS`, `"token": "THIS"`. */
const SECRET_ASSIGNMENT = new RegExp(
  `(\\b${SECRET_NAME}["']?\\s*[=:]\\s*)("(?:[^"\\\\]|\\\\.)*"|'[^']*'|(?:Bearer |Basic )?[^\\s&;,"'}]+)`,
  "gi",
);

/** `text` without the passwords of URLs and without the values of names that say they are secret. */
export function redactedText(text: string): string {
  return text.replace(URL_PASSWORD, `$1:${REDACTED}@`).replace(SECRET_ASSIGNMENT, `$1${REDACTED}`);
}

/** The fields of a log line without their secrets. */
export function redactedFieldsOf(
  fields: Readonly<Record<string, string | number>>,
): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (SECRET_FIELD.test(name)) return [name, REDACTED];
      return [name, typeof value === "string" ? redactedText(value) : value];
    }),
  );
}
