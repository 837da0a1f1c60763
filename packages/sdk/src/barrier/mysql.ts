import { BARRIER_TABLE_DEFAULT } from "./barrier-table.ts";
import { turnOn } from "./connection-turns.ts";
import type { BarrierConnection, BarrierDatabase } from "./database.ts";
import {
  BARRIER_COLUMNS,
  type BarrierEntry,
  columnsOf,
  type Inserted,
  insertedOfCount,
  rowsOf,
} from "./entry.ts";
import { isMysqlHeader, type MysqlGuard, type MysqlHeader, saysOpen, watchOn } from "./mysql-watch.ts";
import { alreadyOpen, endedWithin, leftOpen, noneOpen } from "./open-transaction.ts";

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
      try {
        // Where nothing is known yet, the pool is trusted: asking is a round trip.
        if (watchOn(connection)?.open === true && (await askIfOpen(connection))) throw leftOpen();
      } catch (error) {
        connection.destroy();
        throw error;
      }
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
      const endTurn = await turnOn(connection);
      try {
        // To begin a transaction commits the one that is open.
        if (watchOn(connection)?.open !== false && (await askIfOpen(connection))) throw alreadyOpen();
      } catch (error) {
        endTurn("usable");
        throw error;
      }
      return mysqlConnection(connection, endTurn);
    },
  };
}

export function mysqlConnection<C extends MysqlConnection>(
  connection: C,
  giveBack: BarrierConnection<C>["release"] = () => undefined,
): BarrierConnection<C> {
  const watch = watchOn(connection);
  let guard: MysqlGuard | undefined;
  return {
    tx: connection,
    async begin(table, entry) {
      // Two round trips: the protocol has no way to send the second before the first is answered, unless the
      // connection allows several statements in one text, which opens the door to injections elsewhere.
      await connection.beginTransaction();
      guard = watch?.guard();
      return insertedOfCount(entry, (await enter(connection, { table, entry })).affectedRows);
    },
    async enter(table, entry) {
      const header = await enter(connection, { table, entry });
      const inserted = insertedOfCount(entry, header.affectedRows);
      if (!saysOpen(header)) throw noneOpen(await takenBack(connection, { table, entry, inserted }));
      guard = watch?.guard();
      return inserted;
    },
    async checkOpen() {
      if (guard?.lostBy !== undefined) throw guard.lostBy;
      // Unknown after a statement that failed, and its error was caught.
      const isOpen = watch?.open ?? (await askIfOpen(connection));
      if (!isOpen) throw guard?.lostBy ?? endedWithin();
    },
    async commit() {
      // Still guarded: statements that the business did not wait for come first, and may lose the transaction.
      await connection.commit();
    },
    async rollback() {
      guard?.end();
      guard = undefined;
      await connection.rollback();
    },
    release(state) {
      guard?.end();
      giveBack(state);
    },
  };
}

/** Both rows in one statement. Blocks while another transaction that has inserted one of them is open. */
async function enter(
  connection: MysqlConnection,
  { table, entry }: { table: string; entry: BarrierEntry },
): Promise<MysqlHeader> {
  const values = rowsOf(entry).map((row) => `(${columnsOf(row).map(literalOf).join(", ")})`);
  const [result] = await connection.query(
    `insert ignore into ${table} (${BARRIER_COLUMNS}) values ${values.join(", ")}`,
  );
  return headerOf(result);
}

/** Deletes the rows that were inserted outside of a transaction. Answers why that did not work, where it did not. */
async function takenBack(
  connection: MysqlConnection,
  { table, entry, inserted }: { table: string; entry: BarrierEntry; inserted: Inserted },
): Promise<{ readonly cause: unknown } | undefined> {
  const rows = [...(inserted.origin ? [entry.origin] : []), ...(inserted.current ? [entry.current] : [])];
  const keys = rows
    .filter((row) => row !== undefined)
    .map(({ gid, branchId, op, barrierId }) => [gid, branchId, op, barrierId].map(literalOf).join(", "));
  if (keys.length === 0) return undefined;
  const places = keys.map((key) => `(${key})`).join(", ");
  try {
    await connection.query(`delete from ${table} where (gid, branch_id, op, barrier_id) in (${places})`);
    return undefined;
  } catch (cause) {
    return { cause };
  }
}

/** A round trip that does nothing, for what its answer says. */
async function askIfOpen(connection: MysqlConnection): Promise<boolean> {
  const [result] = await connection.query("do 0");
  return saysOpen(headerOf(result));
}

/**
 * Text as hex digits. Placeholders of `query` are escaped by mysql2 for one of MySQL's two ways to read a backslash, and
 * which one holds is the server's setting; those of `execute` cost a round trip more at first use of each connection.
 */
function literalOf(value: string): string {
  return `_utf8mb4 x'${Buffer.from(value, "utf8").toString("hex")}'`;
}

function headerOf(result: unknown): MysqlHeader {
  if (isMysqlHeader(result)) return result;
  throw new Error("mysql2 gave no count of rows and no status for a statement of the barrier's.");
}
