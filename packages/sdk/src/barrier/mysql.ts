import { BARRIER_TABLE_DEFAULT } from "./barrier-table.ts";
import type { BarrierConnection, BarrierDatabase } from "./database.ts";
import {
  BARRIER_COLUMNS,
  type BarrierEntry,
  columnsOf,
  type Inserted,
  insertedOfCount,
  rowsOf,
} from "./entry.ts";
import { turnOn } from "./turns.ts";

/** What the barrier needs of a connection of mysql2/promise. */
export interface MysqlConnection {
  beginTransaction(): Promise<unknown>;
  commit(): Promise<unknown>;
  rollback(): Promise<unknown>;
  query(sql: string): Promise<readonly [unknown, ...unknown[]]>;
  /** Tells a pool, which mysql2's types call a connection too. */
  readonly getConnection?: never;
}

export interface MysqlPoolConnection extends MysqlConnection {
  release(): void;
  destroy(): void;
}

/** What the barrier needs of a pool of mysql2/promise. */
export interface MysqlPool<C> {
  getConnection(): Promise<C>;
}

export function isMysqlPool(value: object): value is MysqlPool<MysqlPoolConnection> {
  return "getConnection" in value && typeof value.getConnection === "function" && !("promise" in value);
}

export function isMysqlConnection(value: object): value is MysqlConnection {
  return "beginTransaction" in value && "query" in value && !("promise" in value);
}

/** A pool of mysql2/promise. */
export function mysqlPoolDatabase<C extends MysqlPoolConnection>(pool: MysqlPool<C>): BarrierDatabase<C> {
  return {
    tableDefault: BARRIER_TABLE_DEFAULT.mysql,
    async connect() {
      const connection = await pool.getConnection();
      return mysqlConnection(connection, (state) =>
        state === "broken" ? connection.destroy() : connection.release(),
      );
    },
  };
}

/** One connection of mysql2/promise, which its owner opens and closes. */
export function mysqlConnectionDatabase<C extends MysqlConnection>(connection: C): BarrierDatabase<C> {
  return {
    tableDefault: BARRIER_TABLE_DEFAULT.mysql,
    async connect() {
      return mysqlConnection(connection, await turnOn(connection));
    },
  };
}

export function mysqlConnection<C extends MysqlConnection>(
  connection: C,
  giveBack: BarrierConnection<C>["release"] = () => undefined,
): BarrierConnection<C> {
  return {
    tx: connection,
    async begin(table, entry) {
      // Two round trips: the protocol has no way to send the second before the first is answered, unless the
      // connection allows several statements in one text, which opens the door to injections elsewhere.
      await connection.beginTransaction();
      return enter(connection, { table, entry });
    },
    enter(table, entry) {
      return enter(connection, { table, entry });
    },
    async commit() {
      await connection.commit();
    },
    async rollback() {
      await connection.rollback();
    },
    release: giveBack,
  };
}

/** Both rows in one statement. Blocks while another transaction that has inserted one of them is open. */
async function enter(
  connection: MysqlConnection,
  { table, entry }: { table: string; entry: BarrierEntry },
): Promise<Inserted> {
  const values = rowsOf(entry).map((row) => `(${columnsOf(row).map(literalOf).join(", ")})`);
  const [result] = await connection.query(
    `insert ignore into ${table} (${BARRIER_COLUMNS}) values ${values.join(", ")}`,
  );
  return insertedOfCount(entry, affectedRowsOf(result));
}

/**
 * Text as hex digits. Placeholders of `query` are escaped by mysql2 for one of MySQL's two ways to read a backslash, and
 * which one holds is the server's setting; those of `execute` cost a round trip more at first use of each connection.
 */
function literalOf(value: string): string {
  return `_utf8mb4 x'${Buffer.from(value, "utf8").toString("hex")}'`;
}

function affectedRowsOf(result: unknown): number {
  if (typeof result === "object" && result !== null && "affectedRows" in result)
    return Number(result.affectedRows);
  throw new Error("mysql2 gave no count of rows for the barrier's insert.");
}
