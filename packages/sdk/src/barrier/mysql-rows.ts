/**
 * The barrier's rows in MySQL and MariaDB, whose tables compare text as their collation says: `utf8mb4_general_ci` takes
 * "a" for "A", and `utf8mb4_bin` takes "a" for "a ". People have tables with any collation and character set, because the
 * script of dtm names none. So the barrier compares bytes itself:
 *
 * - R1: a row whose key was new is ours. Where a key was there already, the rows are read back, and only a row with the
 *   same bytes is the same row.
 * - R2: a row that finds its key taken by other bytes gets another key, which no collation folds: a hash of its own key.
 * - R3: a key whose characters the table cannot store, and has changed, is an error. No row with such a key may stay.
 */
import { isHeaderText, LockstepError } from "@lockstep/protocol";
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
import type { MysqlConnection } from "./mysql-connection.ts";
import { isMysqlHeader, type MysqlHeader } from "./mysql-watch.ts";

/** Where the rows of a call are, or are to be. */
export interface MysqlRows {
  readonly table: string;
  readonly entry: BarrierEntry;
}

/** Inserts the rows in one statement. It waits while another transaction is open that has inserted one of them. */
export function insertRows(connection: MysqlConnection, { table, entry }: MysqlRows): Promise<MysqlHeader> {
  return insert(connection, { table, rows: barrierRowsOf(entry), gidOf: ownGid });
}

/** Which rows were new, as `header` answers to `insertRows`. @throws LockstepError `invalid_argument` (R3) */
export async function insertedOfHeader(
  connection: MysqlConnection,
  { table, entry }: MysqlRows,
  header: MysqlHeader,
): Promise<InsertedRows> {
  const rows = barrierRowsOf(entry);
  const { affectedRows: newCount, warningStatus: warningCount = 0 } = header;
  if (newCount === rows.length && warningCount === 0) return insertedOfCount(entry, newCount); // R1
  // Each row that was left out has one warning; a further one tells of a character that was changed.
  const isChanged = !isHeaderText(entry.current.gid) && warningCount > rows.length - newCount;
  const stored = isChanged
    ? new Map<string, string>()
    : await storedRows(connection, { table, rows, gidOf: ownGid });
  if (stored.size < rows.length) throw unstorable(table, entry); // R3
  const folded = rows.filter((row) => !stored.has(bytesOf(row)));
  if (folded.length === 0) {
    return { ...insertedOfCount(entry, newCount), endedWithin: rows.some((row) => hasEnded(stored, row)) };
  }
  const hashed = { table, rows: folded, gidOf: hashedGid }; // R2
  const { affectedRows: hashedCount } = await insert(connection, hashed);
  const storedHashed =
    hashedCount < folded.length ? await storedRows(connection, hashed) : new Map<string, string>();
  const isNew = (row: BarrierRow | undefined): boolean => {
    if (row === undefined) return false;
    if (!folded.includes(row)) return newCount > 0;
    // Of two rows, one that is new is the current one, as in `insertedOfCount`.
    return hashedCount === folded.length || (hashedCount > 0 && row === entry.current);
  };
  return {
    origin: isNew(entry.origin),
    current: isNew(entry.current),
    endedWithin:
      rows.some((row) => hasEnded(stored, row)) || [...storedHashed.values()].includes(ENDED_WITHIN),
  };
}

/**
 * Tells whoever calls the op again that a part of its business may have been committed. The row has the key's own bytes or
 * its hash: a row that is only equal to the collation is another transaction's.
 */
export async function markEnded(connection: MysqlConnection, { table, entry }: MysqlRows): Promise<void> {
  const row = entry.current;
  const own = `${keysSql([row], ownGid)} and hex(convert(gid using utf8mb4)) = '${hexOf(row.gid).toUpperCase()}'`;
  await connection.query(
    `update ${table} set reason = '${ENDED_WITHIN}' where ${own} or ${keysSql([row], hashedGid)}`,
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
    await connection.query(`delete from ${table} where ${keysSql(rows, ownGid)}`);
    return undefined;
  } catch (cause) {
    return { cause };
  }
}

type GidSql = (row: BarrierRow) => string;

interface Keys {
  readonly table: string;
  readonly rows: readonly BarrierRow[];
  readonly gidOf: GidSql;
}

const ownGid: GidSql = ({ gid }) => literalOf(gid);

/** The server makes the hash. `concat` of ASCII: whatever the table folds, it does not fold two of these. */
const hashedGid: GidSql = (row) =>
  `concat('lockstep-', sha2(x'${Buffer.from(keyOf(row).join("\0"), "utf8").toString("hex")}', 256))`;

async function insert(connection: MysqlConnection, { table, rows, gidOf }: Keys): Promise<MysqlHeader> {
  const values = rows.map((row) => {
    const [transType = "", , ...others] = barrierValuesOf(row);
    return `(${[literalOf(transType), gidOf(row), ...others.map(literalOf)].join(", ")})`;
  });
  const [result] = await connection.query(
    `insert ignore into ${table} (${BARRIER_COLUMNS}) values ${values.join(", ")}`,
  );
  return headerOf(result);
}

/**
 * The rows whose keys the collation takes for those of `rows`: the `reason` of each, by the bytes of its key. The read takes
 * the lock that the insert has taken on a row that was there: without it, a transaction of the caller's might see the
 * table as it was before.
 */
async function storedRows(
  connection: MysqlConnection,
  { table, rows, gidOf }: Keys,
): Promise<Map<string, string>> {
  const columns = ["gid", "branch_id", "op", "barrier_id"].map(
    (name) => `hex(convert(${name} using utf8mb4))`,
  );
  const [stored] = await connection.query(
    `select concat_ws(' ', ${columns.join(", ")}) as stored, reason from ${table} where ${keysSql(rows, gidOf)} lock in share mode`,
  );
  if (!Array.isArray(stored)) throw new Error("mysql2 gave no rows for a query of the barrier's.");
  return new Map(stored.map(textsOf));
}

function hasEnded(stored: ReadonlyMap<string, string>, row: BarrierRow): boolean {
  return stored.get(bytesOf(row)) === ENDED_WITHIN;
}

const keyOf = ({ gid, branchId, op, barrierId }: BarrierRow): readonly string[] => [
  gid,
  branchId,
  op,
  barrierId,
];

const bytesOf = (row: BarrierRow): string =>
  keyOf(row)
    .map((part) => hexOf(part).toUpperCase())
    .join(" ");

/** Each key on its own, as MariaDB reads the whole table for `(gid, …) in (…)`. */
function keysSql(rows: readonly BarrierRow[], gidOf: GidSql): string {
  const keys = rows.map(
    (row) =>
      `(gid = ${gidOf(row)} and branch_id = ${literalOf(row.branchId)} and op = ${literalOf(row.op)} and barrier_id = ${literalOf(row.barrierId)})`,
  );
  return keys.join(" or ");
}

/** The two columns of a row: mysql2 answers objects or, if the user wants so, arrays. */
function textsOf(row: unknown): [string, string] {
  const [key, reason] = typeof row === "object" && row !== null ? Object.values(row).map(String) : [];
  return [key ?? "", reason ?? ""];
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

function unstorable(table: string, { current: { gid } }: BarrierEntry): LockstepError {
  return new LockstepError(
    "invalid_argument",
    `The barrier's table ${table} cannot store the gid ${gid} as it is; alter table ${table} convert to character set utf8mb4 collate utf8mb4_bin.`,
    { gid },
  );
}
