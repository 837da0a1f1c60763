/**
 * The key that a statement violates, `PRIMARY` or the name of the index. Undefined for every other error, such as a
 * lock wait, a deadlock or a lost connection: those are no refusal of the business, and the call must be repeated.
 */
export function duplicateKeyOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ER_DUP_ENTRY") return undefined;
  // MySQL writes `user.PRIMARY` and MariaDB `PRIMARY`. The value before that comes from a client and may be any text.
  return /for key '(?:[^'.]*\.)?([^'.]*)'$/.exec(error.message)?.[1];
}

/** Whether a text of the statement cannot be compared with the column, whose charset lacks its characters. */
export function isOutsideCharset(error: unknown): boolean {
  return error instanceof Error && "errno" in error && [1_267, 3_988].includes(Number(error.errno));
}
