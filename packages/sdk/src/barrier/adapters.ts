import { LockstepError } from "@lockstep/protocol";
import type { BarrierAdapter, BarrierDatabase, OpenTransaction } from "./barrier-adapter.ts";
import type { BarrierDialect } from "./barrier-table.ts";
import { MYSQL_CONNECTION_ADAPTER, MYSQL_POOL_ADAPTER } from "./mysql.ts";
import { PG_CLIENT_ADAPTER, PG_POOL_ADAPTER } from "./postgres.ts";
import { SQLITE_ADAPTER } from "./sqlite.ts";

/** What the caller has adapted: a database library that the SDK does not know. */
const OWN_DATABASE: BarrierAdapter<BarrierDatabase<object>, object> = {
  knows: (value): value is BarrierDatabase<object> => hasTable(value) && hasMethod(value, "connect"),
  database: (database) => database,
};

/** A transaction that the caller has opened and adapted. */
const OWN_TRANSACTION: BarrierAdapter<OpenTransaction, object> = {
  knows: (value): value is OpenTransaction => hasTable(value) && hasMethod(value, "enter"),
  openTransaction: (transaction) => transaction,
};

/** Every kind of database that the barrier knows. The first row that knows a value has it. */
const ADAPTERS: readonly BarrierAdapter<object, object>[] = [
  OWN_DATABASE,
  OWN_TRANSACTION,
  PG_POOL_ADAPTER,
  MYSQL_POOL_ADAPTER,
  PG_CLIENT_ADAPTER,
  MYSQL_CONNECTION_ADAPTER,
  SQLITE_ADAPTER,
];

/** The database that `barrier.call` was given. @throws LockstepError `invalid_argument` when no adapter knows it */
export function databaseOf(db: object): BarrierDatabase<object> {
  const database = adapterOf(db, "barrier.call").database?.(db);
  if (database !== undefined) return database;
  throw new LockstepError(
    "invalid_argument",
    "call() begins a transaction of its own, but was given one that is open; use callInTransaction() with it.",
  );
}

/**
 * The transaction that `barrier.callInTransaction` was given.
 * @throws LockstepError `invalid_argument` when no adapter knows it, and for a pool, which would give another
 * connection, without the transaction
 */
export function openTransactionOf(connection: object): OpenTransaction {
  const transaction = adapterOf(connection, "barrier.callInTransaction").openTransaction?.(connection);
  if (transaction !== undefined) return transaction;
  throw new LockstepError(
    "invalid_argument",
    "callInTransaction() needs the connection that the transaction is open on, but was given a pool; use call() with a pool.",
  );
}

/** Whose SQL `db` speaks. @throws LockstepError `invalid_argument` for a database that the SDK does not know */
export function dialectOf(db: object): BarrierDialect {
  const { dialect } = adapterOf(db, "createBarrierTable");
  if (dialect !== undefined) return dialect;
  throw new LockstepError(
    "invalid_argument",
    "The barrier does not know whose SQL this database speaks; run the statements of barrierTable(dialect, name) yourself.",
  );
}

function adapterOf(db: object, method: string): BarrierAdapter<object, object> {
  if (!isObject(db)) {
    throw new LockstepError(
      "invalid_argument",
      `${method}() got ${quotedValue(db)} in place of a database; ${KNOWN_DATABASES}`,
    );
  }
  const adapter = ADAPTERS.find((each) => each.knows(db));
  if (adapter !== undefined) return adapter;
  throw new LockstepError(
    "invalid_argument",
    hasMethod(db, "promise")
      ? "The barrier needs mysql2's promises: take the pool from mysql2/promise, or pass pool.promise()."
      : `The barrier does not know this database; ${KNOWN_DATABASES}`,
  );
}

const KNOWN_DATABASES =
  "give it a pool or connection of mysql2/promise or pg, a DatabaseSync of node:sqlite, or a BarrierDatabase of your own.";

/** The compiler sees to that. A caller in plain JavaScript has no compiler, and a pool that was never made is undefined. */
function isObject(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** A value that somebody gave by mistake, to stand in a sentence. Text may be an address with a password in it. */
export function quotedValue(value: unknown): string {
  return value === undefined || value === null ? String(value) : `a ${typeof value}`;
}

function hasTable(value: object): boolean {
  return "tableDefault" in value && typeof value.tableDefault === "string";
}

function hasMethod(value: object, name: string): boolean {
  return typeof (value as Readonly<Record<string, unknown>>)[name] === "function";
}
