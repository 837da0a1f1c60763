import type { BarrierAdapter, BarrierConnection, OpenTransaction } from "./barrier-adapter.ts";
import { BARRIER_TABLE_DEFAULT } from "./barrier-table.ts";
import { mysqlRefusalOf } from "./data-refusal.ts";
import type { MysqlConnection, MysqlPool, MysqlPoolConnection } from "./mysql-connection.ts";
import {
  headerOf,
  insertedOfHeader,
  insertRows,
  type MysqlRows,
  markEnded,
  takenBack,
} from "./mysql-rows.ts";
import { type MysqlGuard, saysOpen, watchOn } from "./mysql-watch.ts";
import { alreadyOpen, endedWithin, leftOpen, noneOpen } from "./open-transaction-error.ts";
import { namesOfRows, otherTablesSql } from "./other-tables.ts";

/** A pool of mysql2/promise. */
export const MYSQL_POOL_ADAPTER: BarrierAdapter<MysqlPool<MysqlPoolConnection>, MysqlPoolConnection> = {
  knows: isMysqlPool,
  dialect: "mysql",
  database: (pool) => ({
    tableDefault: BARRIER_TABLE_DEFAULT.mysql,
    refusalOf: mysqlRefusalOf,
    async connect() {
      const connection = await pool.getConnection();
      try {
        // Where nothing is known yet, the barrier trusts the pool: to ask the server is a round trip.
        if (watchOn(connection)?.open === true && (await askIfOpen(connection))) throw leftOpen();
      } catch (error) {
        connection.destroy();
        throw error;
      }
      return mysqlConnection(connection, (state) =>
        state === "broken" ? connection.destroy() : connection.release(),
      );
    },
  }),
};

/** One connection of mysql2/promise, which its owner opens and closes. */
export const MYSQL_CONNECTION_ADAPTER: BarrierAdapter<MysqlConnection, MysqlConnection> = {
  knows: isMysqlConnection,
  dialect: "mysql",
  database: (connection) => ({
    tableDefault: BARRIER_TABLE_DEFAULT.mysql,
    refusalOf: mysqlRefusalOf,
    onlyConnection: connection,
    async connect() {
      // MySQL commits the open transaction when another one begins.
      if (watchOn(connection)?.open !== false && (await askIfOpen(connection))) throw alreadyOpen();
      return mysqlConnection(connection, () => undefined);
    },
  }),
  openTransaction: mysqlTransaction,
};

function isMysqlPool(value: object): value is MysqlPool<MysqlPoolConnection> {
  return "getConnection" in value && typeof value.getConnection === "function" && !("promise" in value);
}

function isMysqlConnection(value: object): value is MysqlConnection {
  return "beginTransaction" in value && "query" in value && !("promise" in value);
}

function mysqlConnection<C extends MysqlConnection>(
  connection: C,
  giveBack: BarrierConnection<C>["release"],
): BarrierConnection<C> {
  const watch = watchOn(connection);
  let guard: MysqlGuard | undefined;
  let rows: MysqlRows | undefined;
  let hasEnded = false;
  return {
    tx: connection,
    async begin(table, entry) {
      rows = { table, entry };
      // Two round trips: the protocol has no way to send the second before the first is answered, unless the
      // connection allows several statements in one text, which opens the door to injections elsewhere.
      await connection.beginTransaction();
      guard = watch?.guard();
      return insertedOfHeader(connection, rows, await insertRows(connection, rows));
    },
    async checkOpen() {
      if (await isOpen(connection, guard)) return;
      hasEnded = true;
      throw endedWithin();
    },
    async commit() {
      // The guard stays: statements that the business did not wait for go first, and may lose the transaction.
      await (watch === undefined ? connection.commit() : watch.own(() => connection.commit()));
    },
    async rollback() {
      hasEnded ||= guard?.hasEnded === true;
      guard?.end();
      guard = undefined;
      await connection.rollback();
      if (hasEnded && rows !== undefined) await markEnded(connection, rows);
    },
    otherTables: (table) => otherTables(connection, table),
    release(state) {
      guard?.end();
      giveBack(state);
    },
  };
}

function mysqlTransaction(connection: MysqlConnection): OpenTransaction {
  const watch = watchOn(connection);
  let guard: MysqlGuard | undefined;
  let rows: MysqlRows | undefined;
  return {
    tableDefault: BARRIER_TABLE_DEFAULT.mysql,
    refusalOf: mysqlRefusalOf,
    connection,
    async enter(table, entry) {
      rows = { table, entry };
      const header = await insertRows(connection, rows);
      if (!saysOpen(header)) throw noneOpen(await takenBack(connection, rows, header));
      guard = watch?.guard();
      return insertedOfHeader(connection, rows, header);
    },
    async checkOpen() {
      if (await isOpen(connection, guard)) return;
      guard?.end();
      guard = undefined;
      if (rows !== undefined) await markEnded(connection, rows);
      throw endedWithin();
    },
    otherTables: (table) => otherTables(connection, table),
    release: () => guard?.end(),
  };
}

async function otherTables(connection: MysqlConnection, table: string): Promise<readonly string[]> {
  const [rows] = await connection.query(otherTablesSql("mysql", table));
  return namesOfRows(rows);
}

/** Whether the transaction is still open. @throws what lost it, where the guard knows that no part of it is committed */
async function isOpen(connection: MysqlConnection, guard: MysqlGuard | undefined): Promise<boolean> {
  if (guard?.hasEnded === true) return false;
  if (guard?.lostBy !== undefined) throw guard.lostBy;
  // Whether a transaction is open is not known after a statement that failed; the server knows.
  const isKnownOpen = watchOn(connection)?.open ?? (await askIfOpen(connection));
  if (!isKnownOpen && guard?.lostBy !== undefined && !guard.hasEnded) throw guard.lostBy;
  return isKnownOpen;
}

/** Asks the server whether a transaction is open: the answer to any statement tells it. */
async function askIfOpen(connection: MysqlConnection): Promise<boolean> {
  const [result] = await connection.query("do 0");
  return saysOpen(headerOf(result));
}
