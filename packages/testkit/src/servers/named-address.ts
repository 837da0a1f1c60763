/**
 * The address in an environment variable, or `undefined` where it is unset or empty.
 *
 * @throws Error when it is none, or of another scheme than `scheme` (as in `mysql:`).
 */
export function namedAddress(
  variable: string,
  options: { scheme: string; example: string },
): URL | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  const url = URL.parse(text);
  if (url !== null && url.protocol === options.scheme && url.hostname !== "") return url;
  // Not the text itself: it may hold a password.
  throw new Error(`${variable} is not an address of the form ${options.example}.`);
}

/** User and password as they were meant: a URL carries them percent-encoded. */
export function credentialsOf(url: URL): { user: string; password: string } {
  return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}
