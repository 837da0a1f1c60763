/**
 * The key that a statement violates, `PRIMARY` or the name of the index. Undefined for every other error, such as a
 * lock wait, a deadlock or a lost connection: those are no refusal of the business, and the call must be repeated.
 */
export function duplicateKeyOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ER_DUP_ENTRY") return undefined;
  // MySQL writes `user.PRIMARY` and MariaDB `PRIMARY`. The value before that comes from a client and may be any text.
  return /for key '(?:[^'.]*\.)?([^'.]*)'$/.exec(error.message)?.[1];
}

/**
 * Whether the database refuses what the statement holds, so that no repetition can succeed: a character that the
 * column's charset does not have, a text that is too long, a number out of range, a constraint.
 */
export function isRefusedData(error: unknown): boolean {
  if (!(error instanceof Error) || !("errno" in error)) return false;
  const isOfData = "sqlState" in error && /^2[23]/.test(String(error.sqlState));
  return isOfData || DATA_ERRORS.includes(Number(error.errno));
}

/** Errors of data that have another SQLSTATE: 1265 truncated, 1366 wrong value, 3819 check, 3988 wrong charset. */
const DATA_ERRORS: readonly number[] = [1_265, 1_366, 3_819, 3_988];

/** Whether a text of the statement cannot be compared with the column, whose charset lacks its characters. */
export function isOutsideCharset(error: unknown): boolean {
  return error instanceof Error && "errno" in error && [1_267, 3_988].includes(Number(error.errno));
}
