import type { BarrierAdapter, BarrierConnection } from "./barrier-adapter.ts";
import { BARRIER_TABLE_DEFAULT } from "./barrier-table.ts";
import {
  BARRIER_COLUMNS,
  type BarrierEntry,
  barrierRowsOf,
  barrierValuesOf,
  type InsertedRows,
  insertedOfOps,
} from "./entry.ts";
import { alreadyOpen, endedWithin, noneOpen } from "./open-transaction-error.ts";

/** A database of SQLite as the barrier needs it: node:sqlite's `DatabaseSync` is one. */
export interface SqliteDatabase {
  /** Runs statements that answer nothing. */
  exec(sql: string): unknown;
  /** Whether a transaction is open. Undefined before Node 22.16. */
  readonly isTransaction?: boolean;
  /** Prepares one statement; `all` runs it and answers its rows. */
  prepare(sql: string): { all(...values: string[]): readonly unknown[] };
}

/** A `DatabaseSync` of node:sqlite, which is one connection. */
export const SQLITE_ADAPTER: BarrierAdapter<SqliteDatabase, SqliteDatabase> = {
  knows: isSqliteDatabase,
  database: (db) => ({
    tableDefault: BARRIER_TABLE_DEFAULT.sqlite,
    onlyConnection: db,
    async connect() {
      if (db.isTransaction === true) throw alreadyOpen();
      return sqliteConnection(db);
    },
  }),
  openTransaction: (db) => ({
    tableDefault: BARRIER_TABLE_DEFAULT.sqlite,
    connection: db,
    async enter(table, entry) {
      if (db.isTransaction === false) throw noneOpen();
      return enter(db, { table, entry });
    },
    checkOpen: async () => checkOpen(db),
    release: () => undefined,
  }),
};

function isSqliteDatabase(value: object): value is SqliteDatabase {
  return (
    "exec" in value &&
    "prepare" in value &&
    typeof value.exec === "function" &&
    typeof value.prepare === "function"
  );
}

function sqliteConnection(db: SqliteDatabase): BarrierConnection<SqliteDatabase> {
  return {
    tx: db,
    async begin(table, entry) {
      // Immediate: a transaction that reads first and writes later can be refused in the middle.
      db.exec("begin immediate");
      return enter(db, { table, entry });
    },
    checkOpen: async () => checkOpen(db),
    async commit() {
      db.exec("commit");
    },
    async rollback() {
      // SQLite has rolled back by itself after some errors (a full disk, say), and then there is nothing left to do.
      if (db.isTransaction !== false) db.exec("rollback");
    },
    release: () => undefined,
  };
}

function checkOpen(db: SqliteDatabase): void {
  if (db.isTransaction === false) throw endedWithin();
}

function enter(db: SqliteDatabase, { table, entry }: { table: string; entry: BarrierEntry }): InsertedRows {
  const rows = barrierRowsOf(entry);
  const places = rows.map(() => "(?, ?, ?, ?, ?, ?)").join(", ");
  const statement = db.prepare(
    `insert into ${table} (${BARRIER_COLUMNS}) values ${places} on conflict (gid, branch_id, op, barrier_id) do nothing returning op`,
  );
  const inserted = statement.all(...rows.flatMap(barrierValuesOf)) as readonly { readonly op: unknown }[];
  return insertedOfOps(
    entry,
    inserted.map(({ op }) => op),
  );
}
