/** The address of a server, and a user who may use it. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** The form that an environment variable must have. */
export interface AddressForm {
  /** The schemes that the address may have, with the colon, as in `mysql:`. */
  readonly schemes: readonly string[];
  readonly portDefault: number;
  /** A valid address, for the error. */
  readonly example: string;
}

/**
 * The address in an environment variable with the variable's text; `undefined` where the variable is unset or empty.
 *
 * @throws Error when the text does not have the form; the error does not show it, because it may hold a password.
 */
export function namedAddress(variable: string, form: AddressForm): (Address & { url: string }) | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  const url = URL.parse(text);
  if (url === null || url.hostname === "" || !form.schemes.includes(url.protocol)) {
    throw new Error(`${variable} is not an address of the form ${form.example}.`);
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"), // [::1] in a URL is ::1 to a socket.
    port: Number(url.port || form.portDefault),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    url: text,
  };
}

/** The address with `uri(database)`, which makes a connection string. */
export function withUri(scheme: string, address: Address): Address & { uri(database: string): string } {
  const { host, port, user, password } = address;
  const authority = `${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    host,
    port,
    user,
    password,
    uri: (database) => `${scheme}//${authority}/${encodeURIComponent(database)}`,
  };
}
