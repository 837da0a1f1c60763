import { BARRIER_TABLE_DEFAULT } from "./barrier-table.ts";
import { turnOn } from "./connection-turns.ts";
import type { BarrierConnection, BarrierDatabase } from "./database.ts";
import {
  BARRIER_COLUMNS,
  type BarrierEntry,
  columnsOf,
  type Inserted,
  insertedOfOps,
  rowsOf,
} from "./entry.ts";
import { alreadyOpen, endedWithin, noneOpen } from "./open-transaction.ts";

/** What the barrier needs of node:sqlite's `DatabaseSync`. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  /** Undefined before Node 22.16. */
  readonly isTransaction?: boolean;
  prepare(sql: string): { all(...values: string[]): readonly unknown[] };
}

export function isSqliteDatabase(value: object): value is SqliteDatabase {
  return (
    "exec" in value &&
    "prepare" in value &&
    typeof value.exec === "function" &&
    typeof value.prepare === "function"
  );
}

/** node:sqlite. */
export function sqliteDatabase<Db extends SqliteDatabase>(db: Db): BarrierDatabase<Db> {
  return {
    tableDefault: BARRIER_TABLE_DEFAULT.sqlite,
    async connect() {
      const endTurn = await turnOn(db);
      if (db.isTransaction === true) {
        endTurn("usable");
        throw alreadyOpen();
      }
      return sqliteConnection(db, endTurn);
    },
  };
}

export function sqliteConnection<Db extends SqliteDatabase>(
  db: Db,
  endTurn: BarrierConnection<Db>["release"] = () => undefined,
): BarrierConnection<Db> {
  return {
    tx: db,
    async begin(table, entry) {
      // Immediate: a transaction that reads first and writes later can be refused in the middle.
      db.exec("begin immediate");
      return enter(db, { table, entry });
    },
    async enter(table, entry) {
      if (db.isTransaction === false) throw noneOpen();
      return enter(db, { table, entry });
    },
    async checkOpen() {
      if (db.isTransaction === false) throw endedWithin();
    },
    async commit() {
      db.exec("commit");
    },
    async rollback() {
      // SQLite has rolled back by itself after some errors (a full disk, say), and then there is nothing left to do.
      if (db.isTransaction !== false) db.exec("rollback");
    },
    release: endTurn,
  };
}

function enter(db: SqliteDatabase, { table, entry }: { table: string; entry: BarrierEntry }): Inserted {
  const rows = rowsOf(entry);
  const places = rows.map(() => "(?, ?, ?, ?, ?, ?)").join(", ");
  const statement = db.prepare(
    `insert into ${table} (${BARRIER_COLUMNS}) values ${places} on conflict (gid, branch_id, op, barrier_id) do nothing returning op`,
  );
  const inserted = statement.all(...rows.flatMap(columnsOf)) as readonly { readonly op: unknown }[];
  return insertedOfOps(
    entry,
    inserted.map(({ op }) => op),
  );
}
