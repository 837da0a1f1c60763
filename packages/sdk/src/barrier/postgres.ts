import type { BarrierAdapter, BarrierConnection, OpenTransaction } from "./barrier-adapter.ts";
import { BARRIER_TABLE_DEFAULT } from "./barrier-table.ts";
import { postgresRefusalOf } from "./data-refusal.ts";
import {
  BARRIER_COLUMNS,
  type BarrierEntry,
  barrierRowsOf,
  barrierValuesOf,
  type InsertedRows,
  insertedOfOps,
} from "./entry.ts";
import { alreadyOpen, endedWithin, failedWithin, leftOpen, noneOpen } from "./open-transaction-error.ts";
import { namesOfRows, otherTablesSql } from "./other-tables.ts";
import { type HeldGuard, replaceMethod, type StatementGuard, statementGuardOf } from "./statement-guard.ts";

/** A connection to PostgreSQL as the barrier needs it: pg's `Client` and `PoolClient` are such. */
export interface PgClient {
  /** Sends a statement and answers its result. */
  query(text: string, values?: string[]): Promise<unknown>;
  /** Adds a listener. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Takes a listener off. */
  off(event: "error", listener: (error: Error) => void): unknown;
  /** `I` without a transaction, `T` in one, `E` in one that has failed. Older versions of pg do not have it. */
  getTransactionStatus?(): string | null;
  /** False while an answer is awaited. pg has it, but its types do not mention it. */
  readonly readyForQuery?: boolean;
  /** Never there: only a pool, which looks like a client otherwise, has this member. */
  readonly totalCount?: never;
}

/** A connection that a pool of pg has lent: pg's `PoolClient`. */
export interface PgPoolClient extends PgClient {
  /** Gives the connection back to the pool, which closes it when it is broken. */
  release(broken?: Error | boolean): void;
}

/** A pool of connections to PostgreSQL as the barrier needs it: pg's `Pool`. */
export interface PgPool<C> {
  /** How many connections the pool has. */
  readonly totalCount: number;
  /** Lends a connection. */
  connect(): Promise<C>;
  /** pg's other form, with a callback. The barrier does not use it; with it here, TypeScript finds `C` above. */
  // biome-ignore lint/suspicious/noExplicitAny: the callback's own type is of no interest, and must match anyone's.
  connect(callback: (...values: any[]) => void): void;
}

/** A pool of pg. */
export const PG_POOL_ADAPTER: BarrierAdapter<PgPool<PgPoolClient>, PgPoolClient> = {
  knows: isPgPool,
  dialect: "postgres",
  database: (pool) => ({
    tableDefault: BARRIER_TABLE_DEFAULT.postgres,
    refusalOf: postgresRefusalOf,
    async connect() {
      const client = await pool.connect();
      if (isInTransaction(client)) {
        client.release(true);
        throw leftOpen();
      }
      return pgConnection(client, (state) => client.release(state === "broken"));
    },
  }),
};

/** One connection of pg, which its owner opens and closes. */
export const PG_CLIENT_ADAPTER: BarrierAdapter<PgClient, PgClient> = {
  knows: isPgClient,
  dialect: "postgres",
  database: (client) => ({
    tableDefault: BARRIER_TABLE_DEFAULT.postgres,
    refusalOf: postgresRefusalOf,
    onlyConnection: client,
    async connect() {
      if (isInTransaction(client)) throw alreadyOpen();
      return pgConnection(client, () => undefined);
    },
  }),
  openTransaction: pgTransaction,
};

function isPgPool(value: object): value is PgPool<PgPoolClient> {
  return "totalCount" in value && "connect" in value && typeof value.connect === "function";
}

function isPgClient(value: object): value is PgClient {
  return (
    "query" in value &&
    typeof value.query === "function" &&
    "escapeLiteral" in value &&
    !("totalCount" in value)
  );
}

/** Known from the last answer on the connection, so asking costs no round trip. */
function isInTransaction(client: PgClient): boolean {
  const status = client.getTransactionStatus?.();
  return status === "T" || status === "E";
}

/**
 * Listens to the connection's errors, and answers how to stop that. A connection that dies tells so by an event
 * "error", and such an event ends the process when nobody listens. The barrier itself notices by the next statement,
 * which fails.
 */
function withoutErrorEvents(client: PgClient): () => void {
  const onError = (): void => undefined;
  client.on("error", onError);
  return () => client.off("error", onError);
}

function pgConnection<C extends PgClient>(
  client: C,
  giveBack: BarrierConnection<C>["release"],
): BarrierConnection<C> {
  const listenNoMore = withoutErrorEvents(client);
  const statements = guardOf(client);
  let guard: HeldGuard | undefined;
  return {
    tx: client,
    async begin(table, entry) {
      // One message has both statements, so the barrier costs no round trip.
      const results = await client.query(`begin; ${insertSql(table, barrierRowsOf(entry).map(literalsOf))}`);
      guard = statements.hold();
      return insertedOfResult(entry, Array.isArray(results) ? results.at(-1) : results);
    },
    checkOpen: () => checkOpen(client, guard),
    async commit() {
      const result = await statements.own(() => client.query("commit"));
      // After a statement that failed, PostgreSQL answers a commit with a rollback, and no error.
      if (memberOf(result, "command") === "ROLLBACK") throw failedWithin();
    },
    async rollback() {
      await statements.own(() => client.query("rollback"));
    },
    otherTables: (table) => statements.own(() => otherTables(client, table)),
    release(state) {
      guard?.end();
      listenNoMore();
      giveBack(state);
    },
  };
}

function pgTransaction(client: PgClient): OpenTransaction {
  const listenNoMore = withoutErrorEvents(client);
  const statements = guardOf(client);
  let guard: HeldGuard | undefined;
  return {
    tableDefault: BARRIER_TABLE_DEFAULT.postgres,
    refusalOf: postgresRefusalOf,
    connection: client,
    async enter(table, entry) {
      if (client.getTransactionStatus?.() === "I") throw noneOpen();
      const rows = barrierRowsOf(entry);
      const places = rows.map((_, row) =>
        barrierValuesOf(entry.current)
          .map((_, i) => `$${row * 6 + i + 1}`)
          .join(", "),
      );
      const result = await client.query(insertSql(table, places), rows.flatMap(barrierValuesOf));
      guard = statements.hold();
      return insertedOfResult(entry, result);
    },
    checkOpen: () => checkOpen(client, guard),
    otherTables: (table) => statements.own(() => otherTables(client, table)),
    release() {
      guard?.end();
      listenNoMore();
    },
  };
}

async function otherTables(client: PgClient, table: string): Promise<readonly string[]> {
  return namesOfRows(memberOf(await client.query(otherTablesSql("postgres", table)), "rows"));
}

/** The guard of a client's statements: it stands before `query`, by which all of them are sent. */
function guardOf(client: PgClient): StatementGuard {
  return statementGuardOf(client, "postgres", (guard) => {
    const { query } = client;
    const guarded = (...values: readonly unknown[]): unknown => {
      const refusal = guard.refusalOf(textOf(values[0]), client.getTransactionStatus?.() !== "I");
      return refusal === undefined ? Reflect.apply(query, client, values) : refused(refusal, values);
    };
    return replaceMethod(client, "query", guarded);
  });
}

function textOf(query: unknown): string {
  const text = typeof query === "string" ? query : memberOf(query, "text");
  return typeof text === "string" ? text : "";
}

/** Ends a query that was not sent, in the way in which pg ends one that failed. A cursor gets no promise. */
function refused(error: Error, [query, ...others]: readonly unknown[]): unknown {
  const callback = others.findLast((value) => typeof value === "function");
  if (callback === undefined && typeof memberOf(query, "submit") !== "function") return Promise.reject(error);
  if (callback === undefined) throw error;
  return Reflect.apply(callback as (error: Error) => unknown, undefined, [error]);
}

async function checkOpen(client: PgClient, guard: HeldGuard | undefined): Promise<void> {
  if (guard?.lostBy !== undefined) throw guard.lostBy;
  // pg gives the error of a statement before it knows the status, which comes with the end of the answer. An empty
  // statement waits for that end.
  if (client.readyForQuery === false) await client.query("");
  const status = client.getTransactionStatus?.();
  if (status === "E") throw failedWithin();
  if (status === "I") throw endedWithin();
}

/**
 * `do nothing` waits for a transaction that has inserted the same key. `returning` tells the rows that were new. The times
 * are given, because the table of dtm's own script has no default for them, and a row without a time is never cleaned up.
 */
function insertSql(table: string, rows: readonly string[]): string {
  const values = rows.map((row) => `(${row}, now(), now())`).join(", ");
  return `insert into ${table} (${BARRIER_COLUMNS}, create_time, update_time) values ${values} on conflict (gid, branch_id, op, barrier_id) do nothing returning op`;
}

/**
 * The values of a row as literals. Only the simple query protocol takes two statements in one message, and it takes no
 * parameters. A literal with `E` reads a backslash in one way whatever the server's settings.
 */
function literalsOf(row: BarrierEntry["current"]): string {
  return barrierValuesOf(row)
    .map((value) => `E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`)
    .join(", ");
}

function insertedOfResult(entry: BarrierEntry, result: unknown): InsertedRows {
  const rows = memberOf(result, "rows");
  if (!Array.isArray(rows)) throw new Error("pg gave no rows for the barrier's insert.");
  return insertedOfOps(
    entry,
    rows.map((row: unknown) => (Array.isArray(row) ? row[0] : memberOf(row, "op"))),
  );
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
