/**
 * The barrier's rows in MySQL and MariaDB. `folded-keys.ts` says how they are kept apart (R1 to R3). MySQL does not tell
 * which rows an insert has added, but how many, and by a warning that it has changed a value.
 */
import { isHeaderText } from "@lockstep/protocol";
import {
  BARRIER_COLUMNS,
  type BarrierEntry,
  type BarrierRow,
  barrierRowsOf,
  barrierValuesOf,
  ENDED_WITHIN,
  type InsertedRows,
  insertedOfCount,
} from "./entry.ts";
import {
  type AddedRows,
  type FoldingTable,
  hashedRow,
  insertedByBytes,
  KEY_COLUMNS,
  keysSql,
  reasonsOf,
} from "./folded-keys.ts";
import type { MysqlConnection } from "./mysql-connection.ts";
import { isMysqlHeader, type MysqlHeader } from "./mysql-watch.ts";
import { unstorableGid } from "./table-problem.ts";

/** Where the rows of a call are, or are to be. */
export interface MysqlRows {
  readonly table: string;
  readonly entry: BarrierEntry;
}

/** Inserts the rows in one statement. It waits while another transaction is open that has inserted one of them. */
export function insertRows(connection: MysqlConnection, { table, entry }: MysqlRows): Promise<MysqlHeader> {
  return insert(connection, { table, rows: barrierRowsOf(entry) });
}

/** Which rows were new, as `header` answers to `insertRows`. @throws LockstepError `invalid_argument` (R3) */
export async function insertedOfHeader(
  connection: MysqlConnection,
  { table, entry }: MysqlRows,
  header: MysqlHeader,
): Promise<InsertedRows> {
  const folding: FoldingTable = {
    async insert(rows) {
      return addedOf(folding, rows, await insert(connection, { table, rows }));
    },
    read: (rows) => storedRows(connection, { table, rows }),
    unstorable: () => unstorableGid({ dialect: "mysql", table, gid: entry.current.gid }),
  };
  return insertedByBytes(folding, entry, await addedOf(folding, barrierRowsOf(entry), header));
}

/** How many rows were new. @throws LockstepError `invalid_argument` (R3) */
async function addedOf(
  table: FoldingTable,
  rows: readonly BarrierRow[],
  { affectedRows: newCount, warningStatus: warningCount = 0 }: MysqlHeader,
): Promise<AddedRows> {
  // Each row that was left out has one warning; a further one tells of a value that was changed.
  if (warningCount <= rows.length - newCount) return newCount;
  if (rows.some(({ gid }) => !isHeaderText(gid))) throw table.unstorable();
  // Text in ASCII can only be cut off, and then it is not found.
  if ((await table.read(rows)).size < rows.length) throw table.unstorable();
  return newCount;
}

/**
 * Tells whoever calls the op again that a part of its business may have been committed. The row has the key's own bytes or
 * its hash: a row that is only equal to the collation is another transaction's.
 */
export async function markEnded(connection: MysqlConnection, { table, entry }: MysqlRows): Promise<void> {
  const row = entry.current;
  const own = `${keysSql([row], literalOf)} and hex(convert(gid using utf8mb4)) = '${hexOf(row.gid).toUpperCase()}'`;
  await connection.query(
    `update ${table} set reason = '${ENDED_WITHIN}' where ${own} or ${keysSql([hashedRow(row)], literalOf)}`,
  );
}

/** Deletes the rows that were inserted outside of a transaction. When that fails, answers why. */
export async function takenBack(
  connection: MysqlConnection,
  { table, entry }: MysqlRows,
  { affectedRows }: MysqlHeader,
): Promise<{ readonly cause: unknown } | undefined> {
  const inserted = insertedOfCount(entry, affectedRows);
  const rows = barrierRowsOf(entry).filter((row) =>
    row === entry.current ? inserted.current : inserted.origin,
  );
  if (rows.length === 0) return undefined;
  try {
    await connection.query(`delete from ${table} where ${keysSql(rows, literalOf)}`);
    return undefined;
  } catch (cause) {
    return { cause };
  }
}

interface Rows {
  readonly table: string;
  readonly rows: readonly BarrierRow[];
}

async function insert(connection: MysqlConnection, { table, rows }: Rows): Promise<MysqlHeader> {
  const values = rows.map((row) => `(${barrierValuesOf(row).map(literalOf).join(", ")})`);
  const [result] = await connection.query(
    `insert ignore into ${table} (${BARRIER_COLUMNS}) values ${values.join(", ")}`,
  );
  return headerOf(result);
}

/**
 * The read takes the lock that the insert has taken on a row that was there: without it, a transaction of the caller's
 * might see the table as it was before.
 */
async function storedRows(
  connection: MysqlConnection,
  { table, rows }: Rows,
): Promise<ReadonlyMap<string, string>> {
  // As digits, because the connection may have a character set of the user's.
  const columns = KEY_COLUMNS.map((name) => `hex(convert(${name} using utf8mb4)) as ${name}`);
  const [stored] = await connection.query(
    `select ${columns.join(", ")}, reason from ${table} where ${keysSql(rows, literalOf)} lock in share mode`,
  );
  if (!Array.isArray(stored)) throw new Error("mysql2 gave no rows for a query of the barrier's.");
  return reasonsOf(stored, (hex) => Buffer.from(hex, "hex").toString("utf8"));
}

/**
 * Text as hex digits, in place of a placeholder. mysql2 escapes the placeholders of `query` for one of MySQL's two ways to
 * read a backslash, and a setting of the server says which one holds. The placeholders of `execute` cost one round trip
 * more at the first use of each connection.
 */
function literalOf(value: string): string {
  return `_utf8mb4 x'${hexOf(value)}'`;
}

function hexOf(value: string): string {
  return Buffer.from(value, "utf8").toString("hex");
}

/** The answer to a statement without a result set. */
export function headerOf(result: unknown): MysqlHeader {
  if (isMysqlHeader(result)) return result;
  throw new Error("mysql2 gave no count of rows and no status for a statement of the barrier's.");
}
