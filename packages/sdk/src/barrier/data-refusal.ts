/**
 * The errors by which a database refuses the data itself: a number out of range, a text too long, a character that the
 * column cannot store, a row that a constraint forbids. The same statement meets the same error at each repeat, so such an
 * error is a refusal of the branch. A key that is taken already (1062, 23505) is not among them for MySQL and PostgreSQL:
 * only the business knows whether that key is its own row.
 *
 * Each function answers how the database names the error; undefined for an error of another kind.
 */

/**
 * How the database names `error`, if it is an error of mysql2, pg, node:sqlite or better-sqlite3 by which it refuses the
 * data itself, as `MySQL 1406 ER_DATA_TOO_LONG`; undefined for every other error. The barrier makes a `Failure` of such an
 * error by itself; this is for a branch whose `Failure` has a text of its own.
 */
export function dataRefusalOf(error: unknown): string | undefined {
  return mysqlRefusalOf(error) ?? postgresRefusalOf(error) ?? sqliteRefusalOf(error);
}

/** MySQL's numbers; those from 4000 on are MariaDB's. */
const MYSQL_NUMBERS = new Set([
  ...[1048, 1263, 1364], // null, or nothing, for a column that needs a value
  ...[1264, 1265, 1365, 1690], // out of range, cut off, divided by zero
  ...[1292, 1366, 1367, 1411, 3140, 3988], // a value that the type of the column does not have
  1406, // too long
  ...[1216, 1217, 1451, 1452], // foreign keys
  ...[3819, 4025], // checks
]);

/** An error of mysql2. */
export function mysqlRefusalOf(error: unknown): string | undefined {
  const { errno, sqlState, code } = membersOf(error);
  if (typeof errno !== "number" || typeof sqlState !== "string" || !MYSQL_NUMBERS.has(errno))
    return undefined;
  return `MySQL ${errno} ${typeof code === "string" ? code : sqlState}`;
}

/** Not null, foreign key, check, and a key that a foreign key still needs. All of class 22 are errors of data. */
const POSTGRES_CODES = /^(?:22...|23001|23502|23503|23514)$/;

/** An error of pg. */
export function postgresRefusalOf(error: unknown): string | undefined {
  const { code, severity } = membersOf(error);
  if (typeof code !== "string" || severity === undefined || !POSTGRES_CODES.test(code)) return undefined;
  return `PostgreSQL ${code}`;
}

/** SQLite's result codes; the low byte of an extended one is the plain one: too big, constraint, mismatch. */
const SQLITE_CODES = new Set([18, 19, 20]);

/** An error of node:sqlite, or of better-sqlite3, which has the code's name. */
export function sqliteRefusalOf(error: unknown): string | undefined {
  const { errcode, code } = membersOf(error);
  if (typeof errcode === "number" && SQLITE_CODES.has(errcode & 0xff)) return `SQLite ${errcode}`;
  const isNamed = typeof code === "string" && /^SQLITE_(?:CONSTRAINT|MISMATCH|TOOBIG)/.test(code);
  return isNamed ? `SQLite ${code}` : undefined;
}

function membersOf(error: unknown): Readonly<Record<string, unknown>> {
  return error instanceof Error ? (error as unknown as Readonly<Record<string, unknown>>) : {};
}
