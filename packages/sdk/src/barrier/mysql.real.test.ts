// Goal: the barrier's contract on a real MariaDB through mysql2, and its cost in round trips.

import { type MariaDbServer, startMariaDb } from "@lockstep/testkit/servers";
import {
  type Connection,
  createConnection,
  createPool,
  type Pool,
  type PoolConnection,
  type RowDataPacket,
} from "mysql2/promise";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
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
barrierContract(
  "MariaDB by mysql2",
  { endOwnConnection: "kill connection_id()", guardsStatements: true },
  async () => {
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
          run,
          callInTransaction: (barrier, business) => barrier.callInTransaction(connection, business),
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
      callNested: (barrier, { within, business }) =>
        barrier.call(pool, async (tx) => {
          await within.callInTransaction(tx, () => business(async (sql) => void (await tx.query(sql))));
          return "ran";
        }),
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
  },
);

describe("the barrier by mysql2", () => {
  let pool: Pool;
  let gidCount = 0;
  const barrier = (op = "action"): Barrier =>
    new Barrier({ gid: `trips-${++gidCount}`, transType: "saga", branchId: "01", op });

  beforeAll(async () => {
    pool = await freshPool("barrier_trips");
    for (const sql of barrierTable("mysql")) await pool.query(sql);
    await pool.query("create table note (text varchar(64) primary key)");
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
        // Somebody's own connection is asked once whether a transaction is open on it.
        await barrier(op).call(connection, async () => undefined);
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

  test("costs a duplicate, and a compensation whose action ran, one more: their rows are read back", async () => {
    const connection = await pool.getConnection();
    const context = { gid: "read-back", transType: "saga", branchId: "01" };
    const call = (op: string) =>
      new Barrier({ ...context, op }).callInTransaction(connection, async () => undefined);
    try {
      await connection.beginTransaction();
      await call("action");
      for (const op of ["action", "compensate"]) {
        const before = await questions(connection);
        await call(op);
        expect((await questions(connection)) - before - 1).toBe(2);
      }
    } finally {
      await connection.rollback();
      connection.release();
    }
  });

  test("costs a pool no round trip more than that, from the first call on", async () => {
    const single = createPool({ ...addressOf(server), connectionLimit: 1 });
    try {
      const before = await questions(single);
      await barrier().call(single, async () => undefined);
      expect((await questions(single)) - before - 1).toBe(3);
    } finally {
      await single.end();
    }
  });

  test("a connection that comes from the pool with a transaction left open is refused and destroyed", async () => {
    const single = createPool({ ...addressOf(server), database: "barrier_trips", connectionLimit: 1 });
    try {
      await barrier().call(single, async () => undefined);
      const leaking = await single.getConnection();
      await leaking.query("begin");
      await leaking.query("insert into note values ('half of something')");
      leaking.release();
      await expect(barrier().call(single, async () => "ran")).rejects.toThrow(/left open/);
      expect(await barrier().call(single, async () => "ran")).toBe("ran");
      expect(await rowsOf(single, "select * from note")).toEqual([]);
    } finally {
      await single.end();
    }
  });

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

  test("a row that went in without a transaction and cannot be deleted again is told", async () => {
    const connection = await createConnection(addressOf(server));
    const denied = new Error("DELETE command denied");
    const wrapper = {
      beginTransaction: () => connection.beginTransaction(),
      commit: () => connection.commit(),
      rollback: () => connection.rollback(),
      query: (sql: string) => (sql.startsWith("delete") ? Promise.reject(denied) : connection.query(sql)),
    };
    try {
      const refused = barrier().callInTransaction(wrapper, async () => undefined);
      await expect(refused).rejects.toMatchObject({
        message: expect.stringContaining("by hand"),
        cause: denied,
      });
    } finally {
      await connection.end();
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

// MySQL rolls the whole transaction back then, and what is sent afterwards takes effect at once, on its own.
describe("the barrier by mysql2 after a deadlock", () => {
  let pool: Pool;
  let gidCount = 0;

  beforeAll(async () => {
    pool = await freshPool("barrier_deadlock");
    for (const sql of barrierTable("mysql", "barrier_deadlock.barrier")) await pool.query(sql);
    await pool.query("create table note (text varchar(64) primary key)");
    await pool.query("create table pair (id int primary key, n int not null)");
    await pool.query("create table ballast (id int primary key)");
    await pool.query("insert into pair values (1, 0), (2, 0)");
  });
  afterAll(() => pool.end());

  const barrier = (): Barrier => {
    const context = { gid: `deadlock-${gidCount}`, transType: "saga", branchId: "01", op: "action" };
    return new Barrier(context, { table: "barrier_deadlock.barrier" });
  };
  const rowCount = async (): Promise<number> =>
    (await rowsOf(pool, `select id from barrier where gid = 'deadlock-${gidCount}'`)).length;
  const pair = async (): Promise<number[]> =>
    (await rowsOf(pool, "select n from pair order by id")).map(({ n }) => n);

  beforeEach(async () => {
    gidCount++;
    await pool.query("update pair set n = 0");
    await pool.query("delete from note");
  });

  const others: Connection[] = [];
  afterEach(() => {
    for (const other of others.splice(0)) other.destroy();
  });

  /** One transaction that holds row 2 and then wants row 1. It has written more, so that it is the other one that fails. */
  async function heavier(): Promise<{ wantRow1(): Promise<void>; commit(): Promise<void> }> {
    const connection = await createConnection({ ...addressOf(server), database: "barrier_deadlock" });
    others.push(connection);
    await connection.beginTransaction();
    const ballast = Array.from({ length: 200 }, (_, id) => `(${id})`).join(", ");
    await connection.query(`insert into ballast values ${ballast}`);
    await connection.query("update pair set n = n + 100 where id = 2");
    let wanting: Promise<unknown> = Promise.resolve();
    return {
      wantRow1: async () => {
        wanting = connection.query("update pair set n = n + 100 where id = 1");
        const sql = "show global status like 'Innodb_row_lock_current_waits'";
        while (Number((await rowsOf(pool, sql))[0]?.["Value"]) === 0);
      },
      commit: async () => {
        await wanting;
        await connection.query("delete from ballast");
        await connection.commit();
      },
    };
  }

  type Send = (sql: string) => Promise<unknown>;

  /** Updates both rows, and again when it meets a deadlock, which it does the first time. */
  async function stubborn(send: Send, other: Awaited<ReturnType<typeof heavier>>): Promise<"ran"> {
    for (let attempt = 1; ; attempt++) {
      try {
        await send("update pair set n = n + 1 where id = 1");
        if (attempt === 1) await other.wantRow1();
        await send("update pair set n = n + 1 where id = 2");
        return "ran";
      } catch (error) {
        if (!(error instanceof Error) || !("errno" in error) || error.errno !== 1213) throw error;
        await other.commit();
      }
    }
  }

  test.for(["query", "execute"] as const)(
    "a business that catches it and goes on by %s is refused and leaves nothing",
    async (by) => {
      const other = await heavier();
      const going = barrier().call(pool, (tx) =>
        stubborn((sql) => (by === "query" ? tx.query(sql) : tx.execute(sql)), other),
      );
      await expect(going).rejects.toThrow(/deadlock.*let it pass/);
      expect(await pair()).toEqual([100, 100]);
      expect(await rowCount()).toBe(0);
      expect(
        await barrier().call(pool, (tx) => tx.query("update pair set n = n + 1").then(() => "ran")),
      ).toBe("ran");
      expect(await pair()).toEqual([101, 101]);
    },
  );

  test("a business that catches it and answers success is refused", async () => {
    const other = await heavier();
    const swallowing = barrier().call(pool, async (tx) => {
      await tx.query("update pair set n = n + 1 where id = 1");
      await other.wantRow1();
      await tx.query("update pair set n = n + 1 where id = 2").catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow(/deadlock.*let it pass/);
    await other.commit();
    expect(await rowCount()).toBe(0);
  });

  test("a business in the caller's transaction is refused, and the caller's rollback works", async () => {
    const other = await heavier();
    const connection = await pool.getConnection();
    try {
      await connection.beginTransaction();
      const going = barrier().callInTransaction(connection, () =>
        stubborn((sql) => connection.query(sql), other),
      );
      await expect(going).rejects.toThrow(/deadlock.*let it pass/);
      await connection.rollback();
      await connection.query("insert into note values ('afterwards')");
      expect(await rowsOf(pool, "select text from note")).toEqual([{ text: "afterwards" }]);
    } finally {
      connection.release();
    }
    expect(await pair()).toEqual([100, 100]);
    expect(await rowCount()).toBe(0);
  });

  test("what was sent with the statement that met it does not take effect on its own", async () => {
    const other = await heavier();
    const together = barrier().call(pool, async (tx) => {
      await tx.query("update pair set n = n + 1 where id = 1");
      await other.wantRow1();
      await Promise.all([
        tx.query("update pair set n = n + 1 where id = 2"),
        tx.query("insert into note values ('query')"),
        tx.execute("insert into note values ('execute')"),
      ]);
    });
    await expect(together).rejects.toMatchObject({ errno: 1213 });
    await other.commit();
    expect(await rowsOf(pool, "select * from note")).toEqual([]);
    expect(await rowCount()).toBe(0);
  });

  test("a prepared statement can still be closed, and the connection lives on", async () => {
    const other = await heavier();
    const connection = await createConnection({ ...addressOf(server), database: "barrier_deadlock" });
    others.push(connection);
    const preparing = barrier().call(connection, async (tx) => {
      const statement = await tx.prepare("update pair set n = n + 1 where id = ?");
      try {
        await statement.execute([1]);
        await other.wantRow1();
        await statement.execute([2]).catch(() => undefined);
        await statement.execute([2]);
      } finally {
        await statement.close();
      }
    });
    await expect(preparing).rejects.toThrow(/deadlock.*let it pass/);
    await other.commit();
    expect(await pair()).toEqual([100, 100]);
    expect(await barrier().call(connection, async () => "ran")).toBe("ran");
  });

  test("what the business did not wait for is part of the commit, or stops it", async () => {
    const other = await heavier();
    const floating = barrier().call(pool, async (tx) => {
      await tx.query("update pair set n = n + 1 where id = 1");
      await other.wantRow1();
      tx.query("update pair set n = n + 1 where id = 2").catch(() => undefined);
    });
    await expect(floating).rejects.toThrow(/deadlock/);
    await other.commit();
    expect(await rowCount()).toBe(0);
  });

  test("a lock wait that timed out and was caught is refused too, as MySQL may be set to roll back then", async () => {
    const other = await heavier();
    const waiting = barrier().call(pool, async (tx) => {
      await tx.query("set innodb_lock_wait_timeout = 1");
      await tx.query("update pair set n = n + 1 where id = 2").catch(() => undefined);
    });
    await expect(waiting).rejects.toThrow(/lock wait timeout.*let it pass/);
    await other.commit();
    expect(await rowCount()).toBe(0);
  });

  test("another error may be caught, and costs one question", async () => {
    const ran = await barrier().call(pool, async (tx) => {
      await tx.query("insert into note values ('once')");
      const twice = tx.query("insert into note values ('once')");
      await expect(twice).rejects.toMatchObject({ errno: 1062 });
      return "ran";
    });
    expect(ran).toBe("ran");
    expect(await rowCount()).toBe(1);
  });

  test.for([
    "create table made_within (id int)",
    "truncate table note",
    "begin",
    "start transaction",
    "commit and chain",
  ])("a statement that commits implicitly is not sent: %s", async (ending) => {
    await pool.query("insert into note values ('from before')");
    for (let repeat = 0; repeat < 2; repeat++) {
      const committing = barrier().call(pool, async (tx) => {
        await tx.query("insert into note values ('half')");
        await tx.query(ending);
        await tx.query("insert into note values ('not on its own')");
      });
      await expect(committing).rejects.toThrow(/would have ended the barrier's transaction by/);
      expect(await rowsOf(pool, "select * from note")).toEqual([{ text: "from before" }]);
      expect(await rowCount()).toBe(0);
    }
  });

  test.for(["commit", "rollback", "beginTransaction"] as const)(
    "the method %s of what the business gets is refused",
    async (method) => {
      const ending = barrier().call(pool, (tx) => tx[method]());
      await expect(ending).rejects.toThrow(/would have ended/);
    },
  );

  test("a business that gives its connection back is refused", async () => {
    await expect(barrier().call(pool, async (tx) => tx.release())).rejects.toThrow(/leave release\(\) out/);
    expect(await rowCount()).toBe(0);
  });

  test("a statement that was prepared within the callback is refused after it", async () => {
    const within = await barrier().call(pool, (tx) => tx.prepare("insert into note values (?)"));
    await expect(within?.execute(["late"])).rejects.toThrow(/after the callback had ended/);
    expect(await rowsOf(pool, "select * from note")).toEqual([]);
  });

  test("a procedure that commits is noticed, and no later call of the op or its undo ends as success", async () => {
    await pool.query("create or replace procedure committing() commit");
    const op = (name: string) =>
      new Barrier(
        { gid: `deadlock-${gidCount}`, transType: "saga", branchId: "01", op: name },
        { table: "barrier_deadlock.barrier" },
      );
    const committing = op("action").call(pool, async (tx) => {
      await tx.query("insert into note values ('half')");
      await tx.query("call committing()");
      await tx.query("insert into note values ('not on its own')");
    });
    await expect(committing).rejects.toThrow(/ended within its business/);
    expect(await rowsOf(pool, "select * from note")).toEqual([{ text: "half" }]);
    for (const name of ["action", "compensate", "action"]) {
      await expect(op(name).call(pool, async () => "ran")).rejects.toThrow(/Set the data right by hand/);
    }
    await pool.query(`update barrier set reason = op where gid = 'deadlock-${gidCount}'`);
    expect(await op("action").call(pool, async () => "ran")).toBeUndefined();
    expect(await op("compensate").call(pool, async () => "ran")).toBe("ran");
  });

  const ENDINGS = (["goes on", "fails"] as const).flatMap((then) =>
    (
      [
        ["rolls back and begins again", ["rollback", "begin"], 0],
        ["rolls back", ["rollback"], 0],
        ["commits and begins again", ["commit", "begin"], 1],
        ["commits", ["commit"], 1],
        ["creates a table and begins again", ["create or replace table made_within (id int)", "begin"], 1],
      ] as const
    ).map(([name, ends, rows]) => ({ name, ends, rows, then })),
  );
  /** What a call rejects with, and what its repeats do. */
  const rejectionsOf = ({ rows, then }: (typeof ENDINGS)[number]): [RegExp, RegExp] => {
    const first = then === "fails" ? /the business's own/ : /ended within its business/;
    return [first, rows === 0 ? first : /^An earlier call of .* Set the data right by hand/];
  };
  const op = (name: string) =>
    new Barrier(
      { gid: `deadlock-${gidCount}`, transType: "saga", branchId: "01", op: name },
      { table: "barrier_deadlock.barrier" },
    );
  const wrapperOf = (connection: PoolConnection) => ({
    beginTransaction: () => connection.beginTransaction(),
    commit: () => connection.commit(),
    rollback: () => connection.rollback(),
    query: (sql: string) => connection.query(sql),
  });

  test.for(ENDINGS)(
    "a business whose procedure $name, and that $then, never ends as success",
    async (ending) => {
      const body = ending.ends.map((sql) => `${sql === "begin" ? "start transaction" : sql};`).join(" ");
      await pool.query(`create or replace procedure ending() begin ${body} end`);
      const call = () =>
        op("action").call(pool, async (tx) => {
          await tx.query("insert into note values ('half')");
          await tx.query("call ending()");
          if (ending.then === "fails") throw new Error("the business's own");
        });
      const [first, repeat] = rejectionsOf(ending);
      await expect(call()).rejects.toThrow(first);
      for (let time = 0; time < 2; time++) await expect(call()).rejects.toThrow(repeat);
      expect((await rowsOf(pool, "select * from note")).length).toBe(ending.rows);
    },
  );

  test.for(["mysql2's connection", "a wrapper"])(
    "a barrier within a barrier whose business calls a procedure is committed, on %s",
    async (kind) => {
      await pool.query("create or replace procedure harmless() insert into note values (uuid())");
      const connection = await pool.getConnection();
      const db = kind === "a wrapper" ? wrapperOf(connection) : connection;
      const within = new Barrier(
        { gid: `deadlock-${gidCount}`, transType: "saga", branchId: "02", op: "action" },
        { table: "barrier_deadlock.barrier" },
      );
      const call = () =>
        op("action").call(db, async (tx) => {
          await tx.query("call harmless()");
          await within.callInTransaction(tx, async () => void (await tx.query("call harmless()")));
          return "ran";
        });
      try {
        expect(await call()).toBe("ran");
        expect(await call()).toBeUndefined();
        expect((await rowsOf(pool, "select * from note")).length).toBe(2);
      } finally {
        connection.release();
      }
    },
  );

  test("a statement of MySQL's that was prepared before the call is not sent when it would end the transaction", async () => {
    const connection = await pool.getConnection();
    try {
      const commit = await connection.prepare("commit");
      const calling = op("action").call(connection, async (tx) => {
        await tx.query("insert into note values ('half')");
        await commit.execute([]);
      });
      await expect(calling).rejects.toThrow(/would have ended the barrier's transaction by "commit"/);
      expect(await rowsOf(pool, "select * from note")).toEqual([]);
    } finally {
      connection.release();
    }
  });

  test("a business that changes the user of its connection, by which MySQL rolls back, never ends as success", async () => {
    for (let time = 0; time < 2; time++) {
      const calling = op("action").call(pool, async (tx) => {
        await tx.query("insert into note values ('half')");
        await tx.changeUser({ ...addressOf(server), database: "barrier_deadlock" });
      });
      await expect(calling).rejects.toThrow(/ended within its business/);
      expect(await rowsOf(pool, "select * from note")).toEqual([]);
    }
  });

  test.for(ENDINGS)(
    "a business that $name on the connection behind a wrapper, and $then, never ends as success",
    async (ending) => {
      const connection = await pool.getConnection();
      const call = () =>
        op("action").call(wrapperOf(connection), async () => {
          await connection.query("insert into note values ('half')");
          for (const sql of ending.ends) await connection.query(sql);
          if (ending.then === "fails") throw new Error("the business's own");
        });
      try {
        const [first, repeat] = rejectionsOf(ending);
        await expect(call()).rejects.toThrow(first);
        for (let time = 0; time < 2; time++) await expect(call()).rejects.toThrow(repeat);
        expect((await rowsOf(pool, "select * from note")).length).toBe(ending.rows);
      } finally {
        connection.release();
      }
    },
  );

  test.for(ENDINGS)(
    "the same in the caller's transaction on a wrapper, whose business $name and $then",
    async (ending) => {
      const connection = await pool.getConnection();
      const call = async () => {
        await connection.beginTransaction();
        try {
          await op("action").callInTransaction(wrapperOf(connection), async () => {
            await connection.query("insert into note values ('half')");
            for (const sql of ending.ends) await connection.query(sql);
            if (ending.then === "fails") throw new Error("the business's own");
          });
        } finally {
          await connection.rollback();
        }
      };
      try {
        const [first, repeat] = rejectionsOf(ending);
        await expect(call()).rejects.toThrow(first);
        for (let time = 0; time < 2; time++) await expect(call()).rejects.toThrow(repeat);
        expect((await rowsOf(pool, "select * from note")).length).toBe(ending.rows);
      } finally {
        connection.release();
      }
    },
  );

  test("a business that meets a deadlock on a wrapper, catches it and goes on is refused, and leaves no mark", async () => {
    const connection = await pool.getConnection();
    try {
      const other = await heavier();
      const calling = op("action").call(wrapperOf(connection), (tx) =>
        stubborn((sql) => tx.query(sql), other),
      );
      await expect(calling).rejects.toThrow(/a deadlock or a lock wait timeout/);
      expect(await pair()).toEqual([100, 100]);
      expect(await op("action").call(wrapperOf(connection), async () => "ran")).toBe("ran");
    } finally {
      connection.release();
    }
  });

  test.for(["rollback", "commit", "create table made_within (id int)", "beginTransaction"])(
    "%s is not sent through a wrapper, nor is anything after it",
    async (ending) => {
      const connection = await pool.getConnection();
      try {
        for (let repeat = 0; repeat < 2; repeat++) {
          const calling = op("action").call(wrapperOf(connection), async (tx) => {
            await tx.query("insert into note values ('half')");
            const send = ending === "beginTransaction" ? () => tx.beginTransaction() : () => tx.query(ending);
            await expect(send()).rejects.toThrow(/would have ended/);
            await tx.query("insert into note values ('not on its own')").catch(() => undefined);
          });
          await expect(calling).rejects.toThrow(/would have ended the barrier's transaction/);
          expect(await rowsOf(pool, "select * from note")).toEqual([]);
        }
        expect(await op("action").call(wrapperOf(connection), async () => "ran")).toBe("ran");
        expect(await op("action").call(wrapperOf(connection), async () => "ran")).toBeUndefined();
      } finally {
        connection.release();
      }
    },
  );
});
