/**
 * Keeps the keys of the barrier's rows apart by their bytes, whatever a table takes for equal: `utf8mb4_general_ci` of
 * MySQL, `citext` of PostgreSQL and `collate nocase` of SQLite take "a" for "A". People have such tables, because the
 * script of dtm names no collation. So the barrier compares bytes itself:
 *
 * - R1: a row whose key was new is ours. Where a key was there already, the rows are read back, and only a row with the
 *   same bytes is the same row.
 * - R2: a row that finds its key taken by other bytes gets another key, which no collation folds: a hash of its own key.
 * - R3: a key that the table stores in another form is an error. No row with such a key may stay.
 */
// biome-ignore lint/style/noRestrictedImports: a hash is no randomness: the same key has the same hash everywhere.
import { createHash } from "node:crypto";
import {
  type BarrierEntry,
  type BarrierRow,
  barrierRowsOf,
  ENDED_WITHIN,
  type InsertedRows,
} from "./entry.ts";

/** Which rows an insert has added: the `op` of each, or, where a database tells no more, how many. */
export type AddedRows = readonly string[] | number;

/** The barrier's table, as one transaction reads and writes it. */
export interface FoldingTable {
  /** Inserts the rows whose keys are new. @throws LockstepError `invalid_argument` (R3) */
  insert(rows: readonly BarrierRow[]): Promise<AddedRows>;
  /** The rows whose keys the table takes for those of `rows`: the `reason` of each, by its `keyTextOf`. */
  read(rows: readonly BarrierRow[]): Promise<ReadonlyMap<string, string>>;
  /** The error of R3. */
  unstorable(): Error;
}

/** The columns of the key. */
export const KEY_COLUMNS = ["gid", "branch_id", "op", "barrier_id"] as const;

/** The values of a row's key, in the order of `KEY_COLUMNS`. */
export function keyOf({ gid, branchId, op, barrierId }: BarrierRow): readonly string[] {
  return [gid, branchId, op, barrierId];
}

/**
 * The condition that a row has the key of one of `rows`, with values as literals. Each key stands on its own: MariaDB reads
 * the whole table for `(gid, …) in (…)`.
 */
export function keysSql(rows: readonly BarrierRow[], literalOf: (value: string) => string): string {
  const keys = rows.map((row) => {
    const values = keyOf(row).map(literalOf);
    return `(${KEY_COLUMNS.map((name, i) => `${name} = ${values[i]}`).join(" and ")})`;
  });
  return keys.join(" or ");
}

/** A key as one text, which no other key has. */
function keyTextOf(key: readonly string[]): string {
  return JSON.stringify(key);
}

/** The row under its other key (R2). The hash is lower case and ASCII: whatever a table folds, it does not fold two of these. */
export function hashedRow(row: BarrierRow): BarrierRow {
  const hash = createHash("sha256").update(keyOf(row).join("\0"), "utf8").digest("hex");
  return { ...row, gid: `lockstep-${hash}` };
}

/** Which rows of `entry` were new, where their insert has answered `added`. @throws LockstepError `invalid_argument` (R3) */
export async function insertedByBytes(
  table: FoldingTable,
  entry: BarrierEntry,
  added: AddedRows,
): Promise<InsertedRows> {
  const rows = barrierRowsOf(entry);
  if (countOf(added) === rows.length) return { origin: entry.origin !== undefined, current: true }; // R1
  const stored = await table.read(rows);
  if (stored.size < rows.length) throw table.unstorable(); // R3
  const own = rows.filter((row) => stored.has(keyTextOf(keyOf(row))));
  const folded = rows.filter((row) => !own.includes(row));
  const hashed = await insertHashed(table, folded); // R2
  const isNew = (row: BarrierRow): boolean =>
    own.includes(row)
      ? isAdded(row, { added, among: own })
      : isAdded(row, { added: hashed.added, among: folded });
  return {
    origin: entry.origin !== undefined && isNew(entry.origin),
    current: isNew(entry.current),
    endedWithin: own.some((row) => hasEnded(stored, row)) || hashed.isAnyEnded,
  };
}

async function insertHashed(
  table: FoldingTable,
  folded: readonly BarrierRow[],
): Promise<{ readonly added: AddedRows; readonly isAnyEnded: boolean }> {
  if (folded.length === 0) return { added: 0, isAnyEnded: false };
  const rows = folded.map(hashedRow);
  const added = await table.insert(rows);
  if (countOf(added) === rows.length) return { added, isAnyEnded: false };
  const stored = await table.read(rows);
  if (rows.some((row) => !stored.has(keyTextOf(keyOf(row))))) throw table.unstorable(); // R3
  return { added, isAnyEnded: rows.some((row) => hasEnded(stored, row)) };
}

function countOf(added: AddedRows): number {
  return typeof added === "number" ? added : added.length;
}

/** Of two rows of which one was new, that is the current one, which is the last: see `insertedOfCount`. */
function isAdded(
  row: BarrierRow,
  { added, among }: { readonly added: AddedRows; readonly among: readonly BarrierRow[] },
): boolean {
  if (typeof added !== "number") return added.includes(row.op);
  return added >= among.length || (added > 0 && row === among.at(-1));
}

function hasEnded(stored: ReadonlyMap<string, string>, row: BarrierRow): boolean {
  return stored.get(keyTextOf(keyOf(row))) === ENDED_WITHIN;
}

/**
 * The `op`s of the rows that an insert has answered, of which each is its key.
 * @throws what `unstorable` answers, where the table has changed a key (R3)
 */
export function addedOfKeys(
  rows: readonly BarrierRow[],
  { keys, unstorable }: { readonly keys: readonly (readonly string[])[]; readonly unstorable: () => Error },
): readonly string[] {
  const own = new Map(rows.map((row) => [keyTextOf(keyOf(row)), row.op]));
  return keys.map((key) => {
    const op = own.get(keyTextOf(key));
    if (op === undefined) throw unstorable();
    return op;
  });
}

/** The columns of a row that a library answers, as an object or as an array. */
export function columnsOf(row: unknown): readonly string[] {
  return typeof row === "object" && row !== null ? Object.values(row).map(String) : [];
}

/** Rows of which each has the key and then the `reason`, as `FoldingTable.read` answers them. */
export function reasonsOf(
  rows: readonly unknown[],
  textOf: (column: string) => string = (column) => column,
): ReadonlyMap<string, string> {
  return new Map(
    rows.map((row) => {
      const columns = columnsOf(row);
      const key = columns.slice(0, KEY_COLUMNS.length).map(textOf);
      return [keyTextOf(key), columns[KEY_COLUMNS.length] ?? ""];
    }),
  );
}
