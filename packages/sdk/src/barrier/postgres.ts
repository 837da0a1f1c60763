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
import { alreadyOpen, endedWithin, failedWithin, leftOpen, noneOpen } from "./open-transaction.ts";

/** What the barrier needs of pg's `Client` and `PoolClient`. */
export interface PgClient {
  query(text: string, values?: string[]): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  /** `I` without a transaction, `T` in one, `E` in one that has failed. Older versions of pg do not tell. */
  getTransactionStatus?(): string | null;
  /** False while an answer is awaited. pg's own, which its types do not mention. */
  readonly readyForQuery?: boolean;
  /** Tells a pool, which looks like a client otherwise. */
  readonly totalCount?: never;
}

export interface PgPoolClient extends PgClient {
  release(broken?: Error | boolean): void;
}

/** What the barrier needs of pg's `Pool`. Both overloads are there so that TypeScript finds `C` in the first. */
export interface PgPool<C> {
  readonly totalCount: number;
  connect(): Promise<C>;
  // biome-ignore lint/suspicious/noExplicitAny: the callback's own type is of no interest, and must match anyone's.
  connect(callback: (...values: any[]) => void): void;
}

export function isPgPool(value: object): value is PgPool<PgPoolClient> {
  return "totalCount" in value && "connect" in value && typeof value.connect === "function";
}

export function isPgClient(value: object): value is PgClient {
  return (
    "query" in value &&
    typeof value.query === "function" &&
    "escapeLiteral" in value &&
    !("totalCount" in value)
  );
}

/** A pool of pg. */
export function pgPoolDatabase<C extends PgPoolClient>(pool: PgPool<C>): BarrierDatabase<C> {
  return {
    tableDefault: BARRIER_TABLE_DEFAULT.postgres,
    async connect() {
      const client = await pool.connect();
      if (isInTransaction(client)) {
        client.release(true);
        throw leftOpen();
      }
      return pgConnection(client, (state) => client.release(state === "broken"));
    },
  };
}

/** One connection of pg, which its owner opens and closes. */
export function pgClientDatabase<C extends PgClient>(client: C): BarrierDatabase<C> {
  return {
    tableDefault: BARRIER_TABLE_DEFAULT.postgres,
    async connect() {
      const endTurn = await turnOn(client);
      if (isInTransaction(client)) {
        endTurn("usable");
        throw alreadyOpen();
      }
      return pgConnection(client, endTurn);
    },
  };
}

/** What the last answer said, so it costs no round trip. */
function isInTransaction(client: PgClient): boolean {
  const status = client.getTransactionStatus?.();
  return status === "T" || status === "E";
}

export function pgConnection<C extends PgClient>(
  client: C,
  giveBack: BarrierConnection<C>["release"] = () => undefined,
): BarrierConnection<C> {
  // A connection that dies while it is taken says so by an event, and an "error" that nobody listens to ends the
  // process. Its next statement fails too, and that is how it is noticed here.
  const onError = (): void => undefined;
  client.on("error", onError);
  return {
    tx: client,
    async begin(table, entry) {
      // Both in one message: the barrier in a transaction of its own costs no round trip at all.
      const results = await client.query(`begin; ${insertSql(table, rowsOf(entry).map(literalsOf))}`);
      return insertedOfResult(entry, Array.isArray(results) ? results.at(-1) : results);
    },
    async enter(table, entry) {
      if (client.getTransactionStatus?.() === "I") throw noneOpen();
      const rows = rowsOf(entry);
      const places = rows.map((_, row) =>
        columnsOf(entry.current)
          .map((_, i) => `$${row * 6 + i + 1}`)
          .join(", "),
      );
      return insertedOfResult(entry, await client.query(insertSql(table, places), rows.flatMap(columnsOf)));
    },
    async checkOpen() {
      // An error comes first, and the status with the end of the answer: an empty statement waits for that.
      if (client.readyForQuery === false) await client.query("");
      const status = client.getTransactionStatus?.();
      if (status === "E") throw failedWithin();
      if (status === "I") throw endedWithin();
    },
    async commit() {
      const result = await client.query("commit");
      // After a statement that failed, PostgreSQL answers a commit with a rollback, and no error.
      if (memberOf(result, "command") === "ROLLBACK") throw failedWithin();
    },
    async rollback() {
      await client.query("rollback");
    },
    release(state) {
      client.off("error", onError);
      giveBack(state);
    },
  };
}

/** `do nothing` waits for a transaction that is inserting the same key, and `returning` names only what is new. */
function insertSql(table: string, rows: readonly string[]): string {
  const values = rows.map((row) => `(${row})`).join(", ");
  return `insert into ${table} (${BARRIER_COLUMNS}) values ${values} on conflict (gid, branch_id, op, barrier_id) do nothing returning op`;
}

/** Only the simple query protocol takes two statements, and it takes no parameters. `E` escapes the same under every setting. */
function literalsOf(row: BarrierEntry["current"]): string {
  return columnsOf(row)
    .map((value) => `E'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`)
    .join(", ");
}

function insertedOfResult(entry: BarrierEntry, result: unknown): Inserted {
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
