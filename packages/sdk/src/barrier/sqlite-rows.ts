/** The barrier's rows in SQLite. `folded-keys.ts` says how they are kept apart (R1 to R3). */
import {
  BARRIER_COLUMNS,
  type BarrierEntry,
  type BarrierRow,
  barrierRowsOf,
  barrierValuesOf,
  ENDED_WITHIN,
  type InsertedRows,
} from "./entry.ts";
import {
  addedOfKeys,
  columnsOf,
  type FoldingTable,
  hashedRow,
  insertedByBytes,
  KEY_COLUMNS,
  keyOf,
  reasonsOf,
} from "./folded-keys.ts";
import { unstorableGid } from "./table-problem.ts";

/** What runs a statement with values, and answers its rows. */
export interface RunsStatements {
  prepare(sql: string): { all(...values: string[]): readonly unknown[] };
}

/** Where the rows of a call are, or are to be. */
export interface SqliteRows {
  readonly table: string;
  readonly entry: BarrierEntry;
}

/** Inserts the rows, and answers which were new. @throws LockstepError `invalid_argument` (R3) */
export async function enterRows(db: RunsStatements, { table, entry }: SqliteRows): Promise<InsertedRows> {
  const folding: FoldingTable = {
    insert: async (rows) => insert(db, { table, rows, unstorable: folding.unstorable }),
    read: async (rows) => read(db, { table, rows }),
    unstorable: () => unstorableGid({ dialect: "sqlite", table, gid: entry.current.gid }),
  };
  return insertedByBytes(folding, entry, await folding.insert(barrierRowsOf(entry)));
}

/**
 * Tells whoever calls the op again that a part of its business may have been committed. Where SQLite has rolled back by
 * itself there is no row, and nothing is written: the disk may be full.
 */
export function markEnded(db: RunsStatements, { table, entry: { current } }: SqliteRows): void {
  for (const row of [current, hashedRow(current)]) {
    const key = keyOf(row);
    // By bytes: a row that is only equal to the collation is another transaction's.
    const bytes = KEY_COLUMNS.map((name) => `${name} = ? collate binary`).join(" and ");
    const where = `${KEY_SQL} and ${bytes}`;
    if (db.prepare(`select 1 from ${table} where ${where}`).all(...key, ...key).length === 0) continue;
    const update = db.prepare(`update ${table} set reason = ? where ${where} returning 1`);
    update.all(ENDED_WITHIN, ...key, ...key);
  }
}

const KEY_SQL = KEY_COLUMNS.map((name) => `${name} = ?`).join(" and ");

/** The columns of the key as text: a column of the type `string`, say, makes the number 7 of "007". */
const KEY_AS_TEXT = KEY_COLUMNS.map((name) => `cast(${name} as text) as ${name}`).join(", ");

interface Rows {
  readonly table: string;
  readonly rows: readonly BarrierRow[];
}

function insert(
  db: RunsStatements,
  { table, rows, unstorable }: Rows & { readonly unstorable: () => Error },
): readonly string[] {
  const places = rows.map(() => "(?, ?, ?, ?, ?, ?)").join(", ");
  const statement = db.prepare(
    `insert into ${table} (${BARRIER_COLUMNS}) values ${places} on conflict (${KEY_COLUMNS.join(", ")}) do nothing returning ${KEY_AS_TEXT}`,
  );
  const keys = statement.all(...rows.flatMap(barrierValuesOf)).map(columnsOf);
  return addedOfKeys(rows, { keys, unstorable });
}

function read(db: RunsStatements, { table, rows }: Rows): ReadonlyMap<string, string> {
  const where = rows.map(() => `(${KEY_SQL})`).join(" or ");
  const statement = db.prepare(`select ${KEY_AS_TEXT}, reason from ${table} where ${where}`);
  return reasonsOf(statement.all(...rows.flatMap(keyOf)));
}
