import type { BarrierAdapter, BarrierConnection, OpenTransaction } from "./barrier-adapter.ts";
import { BARRIER_TABLE_DEFAULT } from "./barrier-table.ts";
import { sqliteRefusalOf } from "./data-refusal.ts";
import { alreadyOpen, endedWithin, noneOpen } from "./open-transaction-error.ts";
import { namesOfRows, otherTablesSql } from "./other-tables.ts";
import { enterRows, markEnded, type SqliteRows } from "./sqlite-rows.ts";
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
  let isChecked = false;
  return {
    tx: db,
    async begin(table, entry) {
      rows = { table, entry };
      // Immediate: a transaction that reads first and writes later can be refused in the middle.
      db.exec("begin immediate");
      const inserted = await enterRows(db, rows);
      db.exec(`savepoint ${SAVEPOINT}`);
      guard = statements.hold();
      return inserted;
    },
    async checkOpen() {
      hasEnded = !isSameTransaction(db, statements);
      isChecked = true;
      if (guard?.lostBy !== undefined) throw guard.lostBy;
      if (hasEnded) throw endedWithin();
    },
    async commit() {
      statements.own(() => db.exec("commit"));
    },
    async rollback() {
      if (guard !== undefined && !isChecked) hasEnded = !isSameTransaction(db, statements);
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
      const inserted = await enterRows(db, rows);
      if (inserted.current) db.exec(`savepoint ${SAVEPOINT}`);
      guard = statements.hold();
      return inserted;
    },
    async checkOpen() {
      const isSame = isSameTransaction(db, statements);
      const lostBy = guard?.lostBy ?? endedWithin();
      if (isSame && guard?.lostBy === undefined) return;
      guard?.end();
      guard = undefined;
      if (isSame) throw lostBy;
      // What is open now, if anything, the business has begun.
      statements.own(() => {
        if (db.isTransaction === true) db.exec("rollback");
        if (rows !== undefined) markEnded(db, rows);
      });
      throw lostBy;
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

function isSameTransaction(db: SqliteDatabase, statements: StatementGuard): boolean {
  if (db.isTransaction === false) return false;
  try {
    statements.own(() => db.exec(`release ${SAVEPOINT}`));
    return true;
  } catch {
    return false;
  }
}
