// Goal: the barrier's contract on a real PostgreSQL through pg, and its cost in round trips.
import { readFileSync } from "node:fs";
import { type PostgresServer, startPostgres } from "@lockstep/testkit/servers";
import { Client, Pool, type PoolClient } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Barrier } from "./barrier.ts";
import { barrierContract, type ContractCall, type Run } from "./barrier-contract.ts";
import { barrierTable } from "./barrier-table.ts";
import { createBarrierTable } from "./create-barrier-table.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
}, 120_000);
afterAll(() => server.stop());

async function freshPool(database: string, max = 25): Promise<Pool> {
  const admin = new Client({ connectionString: server.uri("postgres") });
  await admin.connect();
  await admin.query(`drop database if exists ${database}`);
  await admin.query(`create database ${database}`);
  await admin.end();
  return new Pool({ connectionString: server.uri(database), max });
}

const callOn =
  (pool: Pool): ContractCall =>
  (barrier, business, options) =>
    barrier.call(pool, (tx) => business(async (sql) => void (await tx.query(sql))), options);

const TRAITS = { endOwnConnection: "select pg_terminate_backend(pg_backend_pid())", guardsStatements: true };

barrierContract("PostgreSQL by pg", TRAITS, async () => {
  const pool = await freshPool("barrier_contract");
  return {
    dialect: "postgres",
    table: "own_schema.barrier",
    call: callOn(pool),
    onPoolOfOne: async (use) => {
      const single = new Pool({ ...pool.options, max: 1 });
      await use(callOn(single)).finally(() => single.end());
    },
    onOneConnection: async (use) => {
      const client = new Client(pool.options);
      await client.connect();
      const run: Run = async (sql) => void (await client.query(sql));
      const query = client.query;
      const loseRollbacks = () => {
        client.query = ((...call: unknown[]) =>
          String(call[0]).startsWith("rollback")
            ? Promise.reject(new Error("no answer"))
            : Reflect.apply(query, client, call)) as typeof query;
      };
      await use((barrier, business, options) => barrier.call(client, () => business(run), options), {
        loseRollbacks,
        run,
        callInTransaction: (barrier, business) => barrier.callInTransaction(client, business),
      }).finally(() => client.end());
    },
    callInTransaction: async (barrier, business, after) => {
      const client = await pool.connect();
      try {
        await client.query("begin");
        await barrier.callInTransaction(client, business);
        await after(async (sql) => void (await client.query(sql)));
        await client.query("commit");
      } catch (error) {
        await client.query("rollback");
        throw error;
      } finally {
        client.release();
      }
    },
    callNested: (barrier, { within, business }) =>
      barrier.call(pool, async (tx) => {
        await within.callInTransaction(tx, () => business(async (sql) => void (await tx.query(sql))));
        return "ran";
      }),
    query: async (sql) => (await pool.query(sql)).rows,
    untilBlocked: async () => {
      const sql = "select count(*) as n from pg_locks where not granted";
      while (Number((await pool.query(sql)).rows[0].n) === 0);
    },
    close: () => pool.end(),
  };
});

describe("the barrier by pg", () => {
  let pool: Pool;
  let gidCount = 0;
  const barrier = (op = "action"): Barrier =>
    new Barrier({ gid: `trips-${++gidCount}`, transType: "saga", branchId: "01", op });

  beforeAll(async () => {
    pool = await freshPool("barrier_trips");
    for (const sql of barrierTable("postgres")) await pool.query(sql);
  });
  afterAll(() => pool.end());

  /** What is sent to the server on one connection, message by message. */
  async function sentDuring(client: PoolClient, work: () => Promise<unknown>): Promise<string[]> {
    const sent: string[] = [];
    const query = client.query;
    client.query = ((...call: unknown[]) => {
      const statements = String(call[0]).split("; ");
      sent.push(statements.map((sql) => sql.replace(/\s.*$/s, "")).join("; "));
      return Reflect.apply(query, client, call);
    }) as typeof query;
    await work();
    client.query = query;
    return sent;
  }

  test.for(["action", "compensate"])(
    "costs %s no round trip more than its transaction needs anyway",
    async (op) => {
      const client = await pool.connect();
      try {
        // The first undo without a row looks for other tables, once.
        await barrier("compensate").call(client, async () => undefined);
        expect(await sentDuring(client, () => barrier(op).call(client, async () => undefined))).toEqual([
          "begin; insert",
          "select; commit",
        ]);
        await client.query("begin");
        const inside = () => barrier(op).callInTransaction(client, async () => undefined);
        expect(await sentDuring(client, inside)).toEqual(["insert"]);
        await client.query("rollback");
      } finally {
        client.release();
      }
    },
  );

  test("costs a duplicate, and a compensation whose action ran, one: their rows are read back", async () => {
    const client = await pool.connect();
    try {
      const gid = "trips-again";
      const call = (op: string) =>
        new Barrier({ gid, transType: "saga", branchId: "01", op }).call(client, async () => undefined);
      await call("action");
      expect(await sentDuring(client, () => call("action"))).toEqual(["begin; insert", "select", "commit"]);
      expect(await sentDuring(client, () => call("compensate"))).toEqual([
        "begin; insert",
        "select",
        "select; commit",
      ]);
    } finally {
      client.release();
    }
  });

  /** Statements that the guard does not see: of a library, say, that calls the method of pg's prototype. */
  const sendUnseen = async (tx: object, statements: readonly string[]): Promise<void> => {
    for (const sql of statements) await Reflect.apply(Client.prototype.query, tx, [sql]);
  };
  const countOf = async (table: string): Promise<number> =>
    Number((await pool.query(`select count(*) as n from ${table}`)).rows[0].n);
  const ENDINGS = (["goes on", "fails"] as const).flatMap((then) =>
    (
      [
        ["rolls back and begins again", ["rollback", "begin"], 0],
        ["rolls back and begins again in one message", ["rollback; begin"], 0],
        ["rolls back", ["rollback"], 0],
        ["commits and begins again", ["commit", "begin"], 1],
        ["commits", ["commit"], 1],
      ] as const
    ).map(([name, ends, rows], i) => ({ name, ends, rows, then, gid: `${i} ${then}` })),
  );
  /** What a call rejects with, and what its repeats do. */
  const rejectionsOf = ({ rows, then }: (typeof ENDINGS)[number]): [RegExp, RegExp] => {
    const first = then === "fails" ? /the business's own/ : /ended within its business/;
    return [first, rows === 0 ? first : /^An earlier call of .* Set the data right/];
  };

  test.for(ENDINGS)(
    "a business that $name, unseen by the guard, and $then, never ends as success",
    async (ending) => {
      await pool.query("create table if not exists half (id int); truncate half");
      const gid = `unseen ${ending.gid}`;
      const op = (name: string) => new Barrier({ gid, transType: "saga", branchId: "01", op: name });
      const call = () =>
        op("action").call(pool, async (tx) => {
          await tx.query("insert into half values (1)");
          await sendUnseen(tx, ending.ends);
          if (ending.then === "fails") throw new Error("the business's own");
          await tx.query("insert into half values (2)");
        });
      const [first, repeat] = rejectionsOf(ending);
      await expect(call()).rejects.toThrow(first);
      for (let time = 0; time < 2; time++) await expect(call()).rejects.toThrow(repeat);
      expect(await countOf("half")).toBe(ending.rows);
      if (ending.rows === 0) return;
      await expect(op("compensate").call(pool, async () => "ran")).rejects.toThrow(repeat);
      // A person has seen to it.
      await pool.query("update dtm_barrier.barrier set reason = op where gid = $1", [gid]);
      expect(await call()).toBeUndefined();
      expect(await op("compensate").call(pool, async () => "ran")).toBe("ran");
    },
  );

  test.for(ENDINGS)(
    "the same in the caller's transaction on a wrapper, whose business $name on pg's own client and $then",
    async (ending) => {
      await pool.query("create table if not exists half (id int); truncate half");
      const client = await pool.connect();
      const wrapper = {
        query: (text: string, values?: string[]) => client.query(text, values),
        on: client.on.bind(client),
        off: client.off.bind(client),
        escapeLiteral: client.escapeLiteral.bind(client),
      };
      const call = async () => {
        await client.query("begin");
        try {
          const barrier = new Barrier({
            gid: `wrapped ${ending.gid}`,
            transType: "saga",
            branchId: "01",
            op: "action",
          });
          return await barrier.callInTransaction(wrapper, async () => {
            await client.query("insert into half values (1)");
            await sendUnseen(client, ending.ends);
            if (ending.then === "fails") throw new Error("the business's own");
          });
        } finally {
          await client.query("rollback");
        }
      };
      try {
        const [first, repeat] = rejectionsOf(ending);
        await expect(call()).rejects.toThrow(first);
        for (let time = 0; time < 2; time++) await expect(call()).rejects.toThrow(repeat);
        expect(await countOf("half")).toBe(ending.rows);
      } finally {
        client.release();
      }
    },
  );

  test("a pool in place of the connection of an open transaction is refused", async () => {
    // @ts-expect-error a pool
    const refused = barrier().callInTransaction(pool, async () => undefined);
    await expect(refused).rejects.toThrow(/was given a pool/);
  });

  test("a statement that failed and was caught makes the call reject, as nothing was committed", async () => {
    const swallowing = barrier().call(pool, async (tx) => {
      await tx.query("insert into nowhere values (1)").catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow(/rolled the barrier's transaction back/);
  });

  test("the same in the caller's transaction, whose commit would be a rollback", async () => {
    const client = await pool.connect();
    try {
      // The error comes before the end of its answer, now with it and now without.
      for (let round = 0; round < 30; round++) {
        await client.query("begin");
        const swallowing = barrier().callInTransaction(client, async () => {
          await client.query("insert into nowhere values (1)").catch(() => undefined);
        });
        await expect(swallowing).rejects.toThrow(/rolled the barrier's transaction back/);
        await client.query("rollback");
      }
    } finally {
      client.release();
    }
  });

  test.for(["rollback; begin", "commit; begin", "select 1; rollback; create table left_over (id int)"])(
    "one message with several statements, of which one ends the transaction, is not sent: %s",
    async (ending) => {
      for (let repeat = 0; repeat < 2; repeat++) {
        const calling = barrier().call(pool, async (tx) => {
          await tx.query("create table left_over (id int)");
          await tx.query({ text: ending }).catch(() => undefined);
          await tx.query("create table more_left_over (id int)").catch(() => undefined);
        });
        await expect(calling).rejects.toThrow(/would have ended the barrier's transaction by/);
        const { rows } = await pool.query(
          "select tablename from pg_tables where tablename like '%left_over'",
        );
        expect(rows).toEqual([]);
      }
    },
  );

  test("a business that gives its connection back is refused", async () => {
    await expect(barrier().call(pool, async (tx) => tx.release())).rejects.toThrow(/leave release\(\) out/);
    expect(await barrier().call(pool, async () => "ran")).toBe("ran");
  });

  test("a query with a callback is told by its callback", async () => {
    const told = Promise.withResolvers<Error>();
    const calling = barrier().call(pool, async (tx) => {
      tx.query("rollback", (error) => told.resolve(error));
      await told.promise;
    });
    await expect(calling).rejects.toThrow(/would have ended/);
    expect((await told.promise).message).toMatch(/would have ended/);
  });

  test("a connection that comes from the pool with a transaction left open is refused and destroyed", async () => {
    const single = new Pool({ ...pool.options, max: 1 });
    try {
      const leaking = await single.connect();
      await leaking.query("begin; create table half_of_something (id int)");
      leaking.release();
      await expect(barrier().call(single, async () => "ran")).rejects.toThrow(/left open/);
      expect(await barrier().call(single, async () => "ran")).toBe("ran");
      await expect(single.query("select * from half_of_something")).rejects.toThrow(/does not exist/);
    } finally {
      await single.end();
    }
  });

  test("a connection that dies while its business does something else ends no process and is not given back", async () => {
    const single = new Pool({ ...pool.options, max: 1 });
    try {
      const dying = barrier().call(single, async (tx) => {
        const { rows } = await tx.query("select pg_backend_pid() as pid");
        const ended = new Promise((resolve) => tx.once("end", resolve));
        await pool.query(`select pg_terminate_backend(${rows[0].pid})`);
        await ended;
      });
      await expect(dying).rejects.toThrow();
      expect(await barrier().call(single, async () => "ran")).toBe("ran");
    } finally {
      await single.end();
    }
  });

  test("a connection whose rollback failed, which may still be in its transaction, is used by nobody again", async () => {
    const single = new Pool({ ...pool.options, max: 1 });
    const pidOf = async (tx: Pick<Pool, "query">) =>
      (await tx.query("select pg_backend_pid() as pid")).rows[0].pid;
    try {
      let left = 0;
      const failing = barrier().call(single, async (tx) => {
        left = await pidOf(tx);
        tx.query = (() => Promise.reject(new Error("no answer"))) as typeof tx.query;
        throw new Error("the business's own");
      });
      await expect(failing).rejects.toThrow("the business's own");
      expect(await pidOf(single)).not.toBe(left);
    } finally {
      await single.end();
    }
  });

  test("a Client on its own will do, and the transaction's type is the caller's", async () => {
    const client = new Client(pool.options);
    await client.connect();
    try {
      const user = await barrier().call(
        client,
        async (tx: Client) => (await tx.query("select 7 as id")).rows[0].id,
      );
      expect(user).toBe(7);
      expect(
        await barrier().call(pool, async (tx: PoolClient) => (await tx.query("select 1")).rowCount),
      ).toBe(1);
    } finally {
      await client.end();
    }
  });

  test("instances that start at once may all create the table", async () => {
    for (let round = 0; round < 5; round++) {
      const statements = barrierTable("postgres", `start_${round}.barrier`);
      const instance = async () => {
        for (const sql of statements) await pool.query(sql);
      };
      await Promise.all(Array.from({ length: 20 }, instance));
      expect((await pool.query(`select * from start_${round}.barrier`)).rowCount).toBe(0);
    }
  });

  test("the table can be created again while a transaction writes rows", async () => {
    const client = await pool.connect();
    try {
      await client.query("begin");
      await barrier().callInTransaction(client, async () => undefined);
      for (const sql of barrierTable("postgres")) await pool.query(`set local lock_timeout = 1000; ${sql}`);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });

  test("what an insert on a barrier row is, as a table made for dtm's clients has it", async () => {
    const { rows } = await pool.query(
      "select conname from pg_constraint where conrelid = 'dtm_barrier.barrier'::regclass and contype = 'u'",
    );
    expect(rows).toEqual([{ conname: "uniq_barrier" }]);
  });
});

describe("the table of dtm's own script, in PostgreSQL", () => {
  let pool: Pool;
  const page = readFileSync(new URL("../../../../docs/barrier.md", import.meta.url), "utf8");
  const call = (db: Pool, gid: string, op = "action") =>
    new Barrier({ gid, transType: "saga", branchId: "01", op }).call(db, async () => "ran");

  beforeAll(async () => {
    pool = await freshPool("barrier_of_dtm");
    // sqls/dtmcli.barrier.postgres.sql of dtm.
    await pool.query(`
      create schema if not exists dtm_barrier;
      CREATE SEQUENCE if not EXISTS dtm_barrier.barrier_seq;
      create table if not exists dtm_barrier.barrier(
        id bigint NOT NULL DEFAULT NEXTVAL ('dtm_barrier.barrier_seq'),
        trans_type varchar(45) default '',
        gid varchar(128) default '',
        branch_id varchar(128) default '',
        op varchar(45) default '',
        barrier_id varchar(45) default '',
        reason varchar(45) default '',
        create_time timestamp(0) with time zone DEFAULT NULL,
        update_time timestamp(0) with time zone DEFAULT NULL,
        PRIMARY KEY(id),
        CONSTRAINT uniq_barrier unique(gid, branch_id, op, barrier_id)
      )`);
  });
  afterAll(() => pool.end());

  test("gets rows with a time, which the statement of the page finds when they are old", async () => {
    const statement = "delete from dtm_barrier.barrier where create_time < now() - interval '90 days'";
    const forDtmsRows = [
      "alter table dtm_barrier.barrier alter column create_time set default now()",
      "update dtm_barrier.barrier set create_time = now() where create_time is null",
    ];
    for (const sql of [statement, ...forDtmsRows]) expect(page).toContain(sql);
    for (const gid of ["old", "young"]) await call(pool, gid);
    await pool.query("insert into dtm_barrier.barrier (gid) values ('of dtm')");
    for (const sql of forDtmsRows) await pool.query(sql);
    await pool.query(
      "update dtm_barrier.barrier set create_time = create_time - interval '91 days' where gid <> 'young'",
    );
    expect((await pool.query(statement)).rowCount).toBe(2);
    expect((await pool.query("select gid from dtm_barrier.barrier")).rows).toEqual([{ gid: "young" }]);
    const { rows } = await pool.query("select 1 from dtm_barrier.barrier where update_time is null");
    expect(rows).toEqual([]);
  });

  test("serves an account that may not create, with the rights of the page", async () => {
    await pool.query(`
      drop role if exists barrier_user;
      create role barrier_user login password 'x';
      grant usage on schema dtm_barrier to barrier_user;
      grant insert, select, update on dtm_barrier.barrier to barrier_user;
      grant usage on sequence dtm_barrier.barrier_seq to barrier_user`);
    expect(page).toContain(
      "| PostgreSQL | `usage` on the schema; `insert`, `select`, `update` on the table; on a table of dtm's script also `usage` on the sequence `dtm_barrier.barrier_seq` |",
    );
    const { host, port } = new Client(pool.options);
    const limited = new Pool({ host, port, user: "barrier_user", password: "x", database: "barrier_of_dtm" });
    try {
      for (const sql of barrierTable("postgres")) await limited.query(sql);
      await createBarrierTable(limited);
      expect(await call(limited, "granted")).toBe("ran");
      expect(await call(limited, "granted")).toBeUndefined();
      expect(await call(limited, "granted", "compensate")).toBe("ran");
      await expect(createBarrierTable(limited, "absent.barrier")).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringMatching(
          /^The barrier's table absent\.barrier is not there.* Let an administrator run/,
        ),
      });
    } finally {
      await limited.end();
      await pool.query("drop owned by barrier_user; drop role barrier_user");
    }
  });
});
