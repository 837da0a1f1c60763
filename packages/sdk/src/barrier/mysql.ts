import type { BarrierAdapter, BarrierConnection, OpenTransaction } from "./barrier-adapter.ts";
import { BARRIER_TABLE_DEFAULT } from "./barrier-table.ts";
import { mysqlRefusalOf } from "./data-refusal.ts";
import type { MysqlConnection, MysqlPool, MysqlPoolConnection } from "./mysql-connection.ts";
import { insertedOfHeader, insertRows, type MysqlRows, markEnded, takenBack } from "./mysql-rows.ts";
import { askIfOpen, MysqlTransaction } from "./mysql-transaction.ts";
import { saysOpen, watchOn } from "./mysql-watch.ts";
import { alreadyOpen, leftOpen, noneOpen } from "./open-transaction-error.ts";
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
  const transaction = new MysqlTransaction(connection);
  let rows: MysqlRows | undefined;
  return {
    tx: connection,
    async begin(table, entry) {
      rows = { table, entry };
      // Two round trips: the protocol has no way to send the second before the first is answered, unless the
      // connection allows several statements in one text, which opens the door to injections elsewhere.
      await connection.beginTransaction();
      const inserted = await insertedOfHeader(connection, rows, await insertRows(connection, rows));
      if (inserted.current) await transaction.guard(entry);
      return inserted;
    },
    checkOpen: () => transaction.checkOpen(),
    commit: () => transaction.commit(),
    async rollback() {
      const hasEnded = await transaction.endedByBusiness();
      await connection.rollback();
      if (hasEnded && rows !== undefined) await markEnded(connection, rows);
    },
    otherTables: (table) => otherTables(connection, table),
    release(state) {
      transaction.end();
      giveBack(state);
    },
  };
}

function mysqlTransaction(connection: MysqlConnection): OpenTransaction {
  const transaction = new MysqlTransaction(connection);
  let rows: MysqlRows | undefined;
  return {
    tableDefault: BARRIER_TABLE_DEFAULT.mysql,
    refusalOf: mysqlRefusalOf,
    connection,
    async enter(table, entry) {
      rows = { table, entry };
      const header = await insertRows(connection, rows);
      if (!saysOpen(header)) throw noneOpen(await takenBack(connection, rows, header));
      const inserted = await insertedOfHeader(connection, rows, header);
      if (inserted.current) await transaction.guard(entry);
      return inserted;
    },
    async checkOpen() {
      try {
        await transaction.checkOpen();
      } catch (error) {
        if (rows !== undefined && (await transaction.endedByBusiness())) {
          // What is open now, if anything, the business has begun.
          await connection.rollback();
          await markEnded(connection, rows);
        }
        throw error;
      }
    },
    otherTables: (table) => otherTables(connection, table),
    release: () => transaction.end(),
  };
}

async function otherTables(connection: MysqlConnection, table: string): Promise<readonly string[]> {
  const [rows] = await connection.query(otherTablesSql("mysql", table));
  return namesOfRows(rows);
}
