/** A label of a name: Docker and Kubernetes have underscores in names. No resolver looks up any other character. */
const LABEL = /^[a-z0-9_-]{1,63}$/i;
const NAME_CHARACTERS_MAX = 253;

/** From 224.0.0.0 on no address is that of one machine: the addresses of groups, those that are reserved, broadcast. */
const NOT_ONE_MACHINE = /^(?:22[4-9]|2[3-5]\d)\.\d+\.\d+\.\d+$/;

/**
 * Whether `text` can be the host of a service: a name that can be looked up, or an IPv4 address of one machine. `{{host}}`,
 * `${HOST}` and other placeholders that nobody filled in are none.
 */
export function isHostName(text: string): boolean {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  if (name.length > NAME_CHARACTERS_MAX || name.startsWith("-") || NOT_ONE_MACHINE.test(name)) return false;
  return name.split(".").every((label) => LABEL.test(label));
}
