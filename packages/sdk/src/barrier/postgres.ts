import type { BarrierAdapter, BarrierConnection, OpenTransaction } from "./barrier-adapter.ts";
import { BARRIER_TABLE_DEFAULT } from "./barrier-table.ts";
import { postgresRefusalOf } from "./data-refusal.ts";
import type { BarrierEntry } from "./entry.ts";
import { alreadyOpen, endedWithin, failedWithin, leftOpen, noneOpen } from "./open-transaction-error.ts";
import { namesOfRows, otherTablesSql } from "./other-tables.ts";
import { PostgresRows } from "./postgres-rows.ts";
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
  let rows: PostgresRows | undefined;
  return {
    tx: client,
    async begin(table, entry) {
      rows = rowsOn(client, statements, { table, entry });
      // One message has both statements, so the barrier costs no round trip.
      const results = await client.query(`begin; ${rows.insertSql}`);
      const inserted = await rows.insertedOf(Array.isArray(results) ? results.at(-1) : results);
      guard = statements.hold();
      return inserted;
    },
    checkOpen: () => checkOpen({ client, statements, guard }),
    async commit() {
      // The same message asks whether the transaction is still ours: if it is not, the commit is not reached.
      const check = rows?.isSameSql === undefined ? "" : `select 1 / ${rows.isSameSql}; `;
      try {
        const results = await statements.own(() => client.query(`${check}commit`));
        // After a statement that failed, PostgreSQL answers a commit with a rollback, and no error.
        const result: unknown = Array.isArray(results) ? results.at(-1) : results;
        if (memberOf(result, "command") === "ROLLBACK") throw failedWithin();
      } catch (error) {
        throw memberOf(error, "code") === DIVISION_BY_ZERO ? endedWithin() : error;
      }
    },
    async rollback() {
      await rollBack({ client, statements, rows });
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
  let rows: PostgresRows | undefined;
  return {
    tableDefault: BARRIER_TABLE_DEFAULT.postgres,
    refusalOf: postgresRefusalOf,
    connection: client,
    async enter(table, entry) {
      if (client.getTransactionStatus?.() === "I") throw noneOpen();
      rows = rowsOn(client, statements, { table, entry });
      const inserted = await rows.insertedOf(await client.query(rows.insertSql));
      guard = statements.hold();
      return inserted;
    },
    async checkOpen() {
      const isOurs =
        (await statusOf(client, statements)) !== "I" &&
        (isOfPg(client) || (await rows?.isSameTransaction()) !== false);
      if (isOurs) return checkOpen({ client, statements, guard });
      // What is open now, if anything, the business has begun.
      await rollBack({ client, statements, rows });
      throw endedWithin();
    },
    otherTables: (table) => statements.own(() => otherTables(client, table)),
    release() {
      guard?.end();
      listenNoMore();
    },
  };
}

/** What `select 1 / 0` meets. */
const DIVISION_BY_ZERO = "22012";

/** The barrier's rows. Their statements pass the guard, also after the transaction was lost. */
function rowsOn(
  client: PgClient,
  statements: StatementGuard,
  where: { readonly table: string; readonly entry: BarrierEntry },
): PostgresRows {
  return new PostgresRows((sql) => statements.own(() => client.query(sql)), where);
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

interface GuardedClient {
  readonly client: PgClient;
  readonly statements: StatementGuard;
}

async function checkOpen({
  client,
  statements,
  guard,
}: GuardedClient & { readonly guard: HeldGuard | undefined }): Promise<void> {
  if (guard?.lostBy !== undefined) throw guard.lostBy;
  const status = await statusOf(client, statements);
  if (status === "E") throw failedWithin();
  if (status === "I") throw endedWithin();
}

/** Rolls back. The same message marks the barrier's row where the business has committed it. */
async function rollBack({
  client,
  statements,
  rows,
}: GuardedClient & { readonly rows: PostgresRows | undefined }): Promise<void> {
  const mark = rows?.markCommittedSql === undefined ? "" : `; ${rows.markCommittedSql}`;
  await statements.own(() => client.query(`rollback${mark}`));
}

/** The status of the transaction, where the client knows it. */
async function statusOf(client: PgClient, statements: StatementGuard): Promise<string | null | undefined> {
  // pg gives the error of a statement before it knows the status, which comes with the end of the answer. An empty
  // statement waits for that end.
  if (client.readyForQuery === false) await statements.own(() => client.query(""));
  return client.getTransactionStatus?.();
}

/** Whether the guard sees whatever is sent: not behind a wrapper, whose owner may send on pg's own client. */
function isOfPg(client: PgClient): boolean {
  return client.readyForQuery !== undefined && client.getTransactionStatus !== undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
