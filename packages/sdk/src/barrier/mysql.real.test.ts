// Goal: the barrier's contract on a real MariaDB through mysql2, and its cost in round trips.

import { type MariaDbServer, startMariaDb } from "@lockstep/testkit/servers";
import { createConnection, createPool, type Pool, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Barrier } from "./barrier.ts";
import { barrierContract, type ContractCall, type Run } from "./barrier-contract.ts";
import { barrierTable } from "./barrier-table.ts";

let server: MariaDbServer;
beforeAll(async () => {
  server = await startMariaDb();
}, 120_000);
afterAll(() => server.stop());

async function freshPool(database: string): Promise<Pool> {
  const admin = await createConnection(addressOf(server));
  await admin.query(`drop database if exists ${database}`);
  await admin.query(`create database ${database} character set utf8mb4`);
  await admin.end();
  return createPool({ ...addressOf(server), database, connectionLimit: 25 });
}

const addressOf = ({ host, port, user, password }: MariaDbServer) => ({ host, port, user, password });

const rowsOf = async (pool: Pool, sql: string): Promise<RowDataPacket[]> => {
  const [rows] = await pool.query<RowDataPacket[]>(sql);
  return rows;
};

const callOn =
  (pool: Pool): ContractCall =>
  (barrier, business, options) =>
    barrier.call(pool, (tx) => business(async (sql) => void (await tx.query(sql))), options);

// A connection that kills itself is told so, which is as sudden as it gets.
barrierContract("MariaDB by mysql2", { endOwnConnection: "kill connection_id()" }, async () => {
  const pool = await freshPool("barrier_contract");
  return {
    dialect: "mysql",
    table: "barrier_contract_rows.barrier",
    call: callOn(pool),
    onPoolOfOne: async (use) => {
      const single = createPool({ ...addressOf(server), database: "barrier_contract", connectionLimit: 1 });
      await use(callOn(single)).finally(() => single.end());
    },
    onOneConnection: async (use) => {
      const connection = await createConnection({ ...addressOf(server), database: "barrier_contract" });
      const run: Run = async (sql) => void (await connection.query(sql));
      const loseRollbacks = () => {
        connection.rollback = () => Promise.reject(new Error("no answer"));
      };
      await use((barrier, business, options) => barrier.call(connection, () => business(run), options), {
        loseRollbacks,
      }).finally(() => connection.destroy());
    },
    callInTransaction: async (barrier, business, after) => {
      const connection = await pool.getConnection();
      try {
        await connection.beginTransaction();
        await barrier.callInTransaction(connection, business);
        await after(async (sql) => void (await connection.query(sql)));
        await connection.commit();
      } catch (error) {
        await connection.rollback();
        throw error;
      } finally {
        connection.release();
      }
    },
    query: (sql) => rowsOf(pool, sql),
    untilBlocked: async () => {
      const sql = "show global status like 'Innodb_row_lock_current_waits'";
      while (Number((await rowsOf(pool, sql))[0]?.["Value"]) === 0);
    },
    close: async () => {
      await pool.query("drop database if exists barrier_contract_rows");
      await pool.end();
    },
  };
});

describe("the barrier by mysql2", () => {
  let pool: Pool;
  let gidCount = 0;
  const barrier = (op = "action"): Barrier =>
    new Barrier({ gid: `trips-${++gidCount}`, transType: "saga", branchId: "01", op });

  beforeAll(async () => {
    pool = await freshPool("barrier_trips");
    for (const sql of barrierTable("mysql")) await pool.query(sql);
  });
  afterAll(() => pool.end());

  /** Statements that the server was sent on `connection`, by its own count. */
  const questions = async (connection: {
    query(sql: string): Promise<[unknown, unknown]>;
  }): Promise<number> => {
    const [rows] = (await connection.query("show session status like 'Questions'")) as [
      RowDataPacket[],
      unknown,
    ];
    return Number(rows[0]?.["Value"]);
  };

  test.for(["action", "compensate"])(
    "costs %s one round trip more than its transaction needs anyway",
    async (op) => {
      const connection = await pool.getConnection();
      try {
        const before = await questions(connection);
        await barrier(op).call(connection, async () => undefined);
        // Begin, the barrier's insert, commit; and the question itself.
        expect((await questions(connection)) - before - 1).toBe(3);
        await connection.beginTransaction();
        const inside = await questions(connection);
        await barrier(op).callInTransaction(connection, async () => undefined);
        expect((await questions(connection)) - inside - 1).toBe(1);
        await connection.rollback();
      } finally {
        connection.release();
      }
    },
  );

  test("a connection that died is not given back to the pool", async () => {
    const single = createPool({ ...addressOf(server), connectionLimit: 1 });
    try {
      const dying = barrier().call(single, async (tx) => void (await tx.query("kill connection_id()")));
      await expect(dying).rejects.toThrow();
      expect(await barrier().call(single, async () => "ran")).toBe("ran");
    } finally {
      await single.end();
    }
  });

  test("a connection whose rollback failed, which may still be in its transaction, is used by nobody again", async () => {
    const single = createPool({ ...addressOf(server), connectionLimit: 1 });
    const idOf = async (tx: Pick<Pool, "query">): Promise<number> => {
      const [rows] = await tx.query<RowDataPacket[]>("select connection_id() as id");
      return rows[0]?.["id"];
    };
    try {
      let left = 0;
      const failing = barrier().call(single, async (tx) => {
        left = await idOf(tx);
        tx.rollback = () => Promise.reject(new Error("no answer"));
        throw new Error("the business's own");
      });
      await expect(failing).rejects.toThrow("the business's own");
      expect(await idOf(single)).not.toBe(left);
    } finally {
      await single.end();
    }
  });

  test("a pool in place of the connection of an open transaction is refused", async () => {
    // @ts-expect-error a pool
    const refused = barrier().callInTransaction(pool, async () => undefined);
    await expect(refused).rejects.toThrow(/was given a pool/);
  });

  test("mysql2 without promises is refused, and the message says what to do", async () => {
    // @ts-expect-error the pool of mysql2's callbacks
    const refused = barrier().call(pool.pool, async () => undefined);
    await expect(refused).rejects.toThrow(/pool\.promise\(\)/);
  });
});
