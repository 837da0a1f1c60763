/**
 * The barrier's rows in PostgreSQL. `folded-keys.ts` says how they are kept apart (R1 to R3). The rows also tell the number
 * of the transaction that has inserted them. Where that is another one before the commit, the business has ended the
 * first, in a way that the guard did not see.
 */
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
  keysSql,
  reasonsOf,
} from "./folded-keys.ts";
import { unstorableGid } from "./table-problem.ts";

type Query = (sql: string) => Promise<unknown>;

/** The rows of one barrier call, on the connection that `query` sends to. */
export class PostgresRows {
  /** The statement that inserts the rows. It waits while another transaction is open that has inserted one of them. */
  readonly insertSql: string;
  readonly #query: Query;
  readonly #table: string;
  readonly #entry: BarrierEntry;
  #transaction: string | undefined;

  constructor(query: Query, { table, entry }: { readonly table: string; readonly entry: BarrierEntry }) {
    this.#query = query;
    this.#table = table;
    this.#entry = entry;
    this.insertSql = insertSql(table, barrierRowsOf(entry));
  }

  /** Which rows were new, as `result` answers to `insertSql`. @throws LockstepError `invalid_argument` (R3) */
  async insertedOf(result: unknown): Promise<InsertedRows> {
    const folding: FoldingTable = {
      insert: async (rows) => this.#addedOf(rows, await this.#query(insertSql(this.#table, rows))),
      read: async (rows) => reasonsOf(rowsOf(await this.#query(readSql(this.#table, rows)))),
      unstorable: () => this.#unstorable(),
    };
    const added = this.#addedOf(barrierRowsOf(this.#entry), result);
    return insertedByBytes(folding, this.#entry, added);
  }

  /** The condition that the transaction is still the one that has inserted the rows; undefined where none was inserted. */
  get isSameSql(): string | undefined {
    if (this.#transaction === undefined) return undefined;
    return `(coalesce(txid_current_if_assigned(), 0) = ${this.#transaction})::int`;
  }

  /** Whether the transaction is still the one that has inserted the rows. */
  async isSameTransaction(): Promise<boolean> {
    if (this.isSameSql === undefined) return true;
    const [row] = rowsOf(await this.#query(`select ${this.isSameSql}`));
    return columnsOf(row)[0] === "1";
  }

  /**
   * The statement that tells whoever calls the op again that a part of its business may have been committed. It finds a row
   * only if the transaction that has inserted it is committed. Undefined where no row was inserted.
   */
  get markCommittedSql(): string | undefined {
    if (this.#transaction === undefined) return undefined;
    const { current } = this.#entry;
    // By bytes: a row that is only equal to the collation is another transaction's.
    const bytes = keyOf(current).map(
      (value, i) => `${KEY_COLUMNS[i]}::text = ${literalOf(value)} collate "C"`,
    );
    return `update ${this.#table} set reason = '${ENDED_WITHIN}' where txid_status(${this.#transaction}) = 'committed' and (${keysSql([current], literalOf)} and ${bytes.join(" and ")} or ${keysSql([hashedRow(current)], literalOf)})`;
  }

  #addedOf(rows: readonly BarrierRow[], result: unknown): readonly string[] {
    const answered = rowsOf(result).map(columnsOf);
    const transaction = answered[0]?.[KEY_COLUMNS.length];
    if (transaction !== undefined) this.#transaction = checkedNumber(transaction);
    const keys = answered.map((columns) => columns.slice(0, KEY_COLUMNS.length));
    return addedOfKeys(rows, { keys, unstorable: () => this.#unstorable() });
  }

  #unstorable(): Error {
    return unstorableGid({ dialect: "postgres", table: this.#table, gid: this.#entry.current.gid });
  }
}

/** The columns of the key as text: without the blanks with which `char(n)` fills up. */
const KEY_AS_TEXT = KEY_COLUMNS.map((name) => `${name}::text as ${name}`).join(", ");

/**
 * `do nothing` waits for a transaction that has inserted the same key. `returning` tells the rows that were new. The times
 * are given, because the table of dtm's own script has no default for them, and a row without a time is never cleaned up.
 */
function insertSql(table: string, rows: readonly BarrierRow[]): string {
  const values = rows.map((row) => `(${barrierValuesOf(row).map(literalOf).join(", ")}, now(), now())`);
  return `insert into ${table} (${BARRIER_COLUMNS}, create_time, update_time) values ${values.join(", ")} on conflict (${KEY_COLUMNS.join(", ")}) do nothing returning ${KEY_AS_TEXT}, txid_current()::text as transaction`;
}

function readSql(table: string, rows: readonly BarrierRow[]): string {
  return `select ${KEY_AS_TEXT}, reason from ${table} where ${keysSql(rows, literalOf)}`;
}

/**
 * A value as a literal. Only the simple query protocol takes two statements in one message, and it takes no parameters. A
 * literal with `E` reads a backslash in one way whatever the server's settings.
 */
function literalOf(value: string): string {
  return `E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

function rowsOf(result: unknown): readonly unknown[] {
  const rows = typeof result === "object" && result !== null && "rows" in result ? result.rows : undefined;
  if (!Array.isArray(rows)) throw new Error("pg gave no rows for a statement of the barrier's.");
  return rows;
}

function checkedNumber(text: string): string {
  if (/^\d+$/.test(text)) return text;
  throw new Error("pg gave no number of the transaction for the barrier's insert.");
}
