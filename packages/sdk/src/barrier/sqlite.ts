import type { BarrierAdapter, BarrierConnection, OpenTransaction } from "./barrier-adapter.ts";
import { BARRIER_TABLE_DEFAULT } from "./barrier-table.ts";
import { sqliteRefusalOf } from "./data-refusal.ts";
import {
  BARRIER_COLUMNS,
  type BarrierEntry,
  type BarrierRow,
  barrierRowsOf,
  barrierValuesOf,
  ENDED_WITHIN,
  type InsertedRows,
  insertedOfOps,
} from "./entry.ts";
import { alreadyOpen, endedWithin, noneOpen } from "./open-transaction-error.ts";
import { namesOfRows, otherTablesSql } from "./other-tables.ts";
import { type HeldGuard, replaceMethod, type StatementGuard, statementGuardOf } from "./statement-guard.ts";

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
  dialect: "sqlite",
  database: (db) => ({
    tableDefault: BARRIER_TABLE_DEFAULT.sqlite,
    refusalOf: sqliteRefusalOf,
    onlyConnection: db,
    async connect() {
      if (db.isTransaction === true) throw alreadyOpen();
      return sqliteConnection(db);
    },
  }),
  openTransaction: sqliteTransaction,
};

function isSqliteDatabase(value: object): value is SqliteDatabase {
  return (
    "exec" in value &&
    "prepare" in value &&
    typeof value.exec === "function" &&
    typeof value.prepare === "function"
  );
}

interface SqliteRows {
  readonly table: string;
  readonly entry: BarrierEntry;
}

/**
 * A savepoint that the transaction has until its end. When it is gone, the transaction is another one: a statement that was
 * prepared before the call has ended the first.
 */
const SAVEPOINT = "lockstep_barrier";

function sqliteConnection(db: SqliteDatabase): BarrierConnection<SqliteDatabase> {
  const statements = guardOf(db);
  let guard: HeldGuard | undefined;
  let rows: SqliteRows | undefined;
  let hasEnded = false;
  return {
    tx: db,
    async begin(table, entry) {
      rows = { table, entry };
      // Immediate: a transaction that reads first and writes later can be refused in the middle.
      db.exec("begin immediate");
      const inserted = enter(db, rows);
      db.exec(`savepoint ${SAVEPOINT}`);
      guard = statements.hold();
      return inserted;
    },
    async checkOpen() {
      if (guard?.lostBy !== undefined) throw guard.lostBy;
      if (isSameTransaction(db)) return;
      hasEnded = true;
      throw endedWithin();
    },
    async commit() {
      statements.own(() => db.exec("commit"));
    },
    async rollback() {
      hasEnded ||= guard !== undefined && db.isTransaction === false;
      // SQLite has rolled back by itself after some errors (a full disk, say), and then there is nothing left to do.
      if (db.isTransaction !== false) statements.own(() => db.exec("rollback"));
      guard?.end();
      guard = undefined;
      if (hasEnded && rows !== undefined) markEnded(db, rows);
    },
    otherTables: async (table) => statements.own(() => otherTables(db, table)),
    release: () => guard?.end(),
  };
}

function sqliteTransaction(db: SqliteDatabase): OpenTransaction {
  const statements = guardOf(db);
  let guard: HeldGuard | undefined;
  let rows: SqliteRows | undefined;
  return {
    tableDefault: BARRIER_TABLE_DEFAULT.sqlite,
    refusalOf: sqliteRefusalOf,
    connection: db,
    async enter(table, entry) {
      if (db.isTransaction === false) throw noneOpen();
      rows = { table, entry };
      const inserted = enter(db, rows);
      guard = statements.hold();
      return inserted;
    },
    async checkOpen() {
      if (guard?.lostBy !== undefined) throw guard.lostBy;
      if (db.isTransaction !== false) return;
      guard?.end();
      guard = undefined;
      if (rows !== undefined) markEnded(db, rows);
      throw endedWithin();
    },
    otherTables: async (table) => statements.own(() => otherTables(db, table)),
    release: () => guard?.end(),
  };
}

function otherTables(db: SqliteDatabase, table: string): readonly string[] {
  return namesOfRows(db.prepare(otherTablesSql("sqlite", table)).all());
}

/** The guard of a database's statements: it stands before `exec` and `prepare`, which take their texts. */
function guardOf(db: SqliteDatabase): StatementGuard {
  return statementGuardOf(db, "sqlite", (guard) => {
    const removals = (["exec", "prepare"] as const).map((name) => {
      const method = db[name];
      const guarded = (sql: string, ...others: readonly unknown[]): unknown => {
        const refusal = guard.refusalOf(sql, db.isTransaction !== false);
        if (refusal !== undefined) throw refusal;
        return Reflect.apply(method, db, [sql, ...others]);
      };
      return replaceMethod(db, name, guarded);
    });
    return () => {
      for (const remove of removals) remove();
    };
  });
}

function isSameTransaction(db: SqliteDatabase): boolean {
  if (db.isTransaction === false) return false;
  try {
    db.exec(`release ${SAVEPOINT}`);
    return true;
  } catch {
    return false;
  }
}

function enter(db: SqliteDatabase, { table, entry }: SqliteRows): InsertedRows {
  const rows = barrierRowsOf(entry);
  const places = rows.map(() => "(?, ?, ?, ?, ?, ?)").join(", ");
  const statement = db.prepare(
    `insert into ${table} (${BARRIER_COLUMNS}) values ${places} on conflict (gid, branch_id, op, barrier_id) do nothing returning op`,
  );
  const inserted = statement.all(...rows.flatMap(barrierValuesOf)) as readonly { readonly op: unknown }[];
  const ops = inserted.map(({ op }) => op);
  const isAnyEnded = ops.length < rows.length && rows.some((row) => hasEnded(db, { table, row }));
  return { ...insertedOfOps(entry, ops), endedWithin: isAnyEnded };
}

const KEY_SQL = "gid = ? and branch_id = ? and op = ? and barrier_id = ?";

const keyOf = ({ gid, branchId, op, barrierId }: BarrierRow): readonly string[] => [
  gid,
  branchId,
  op,
  barrierId,
];

function hasEnded(db: SqliteDatabase, { table, row }: { table: string; row: BarrierRow }): boolean {
  const select = db.prepare(`select 1 from ${table} where ${KEY_SQL} and reason = ?`);
  return select.all(...keyOf(row), ENDED_WITHIN).length > 0;
}

/**
 * Tells whoever calls the op again that a part of its business may have been committed. Where SQLite has rolled back by
 * itself there is no row, and nothing is written: the disk may be full.
 */
function markEnded(db: SqliteDatabase, { table, entry }: SqliteRows): void {
  const select = db.prepare(`select 1 from ${table} where ${KEY_SQL}`);
  if (select.all(...keyOf(entry.current)).length === 0) return;
  const update = db.prepare(`update ${table} set reason = ? where ${KEY_SQL} returning id`);
  update.all(ENDED_WITHIN, ...keyOf(entry.current));
}
