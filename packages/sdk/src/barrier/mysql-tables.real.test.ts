// Goal: the barrier compares keys by bytes on every table that people have, whatever its collation folds.
// Method: one suite on a real MariaDB, over tables as Lockstep, dtm's own script and other people make them.
import { readFileSync } from "node:fs";
import { type MariaDbServer, startMariaDb } from "@lockstep/testkit/servers";
import { createConnection, createPool, type Pool, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BranchContext } from "../branch/branch-context.ts";
import { Barrier } from "./barrier.ts";
import { barrierTable } from "./barrier-table.ts";
import { createBarrierTable } from "./create-barrier-table.ts";
import { foldedKeysContract } from "./folded-keys-contract.ts";

let server: MariaDbServer;
let pool: Pool;
beforeAll(async () => {
  server = await startMariaDb();
  const { host, port, user, password } = server;
  const admin = await createConnection({ host, port, user, password });
  await admin.query("drop database if exists barrier_tables");
  await admin.query("create database barrier_tables");
  await admin.end();
  pool = createPool({ host, port, user, password, database: "barrier_tables", connectionLimit: 5 });
  await pool.query("create table note (text varchar(200) character set utf8mb4 collate utf8mb4_bin)");
}, 120_000);
afterAll(async () => {
  await pool.end();
  await server.stop();
});

/** The script of dtm (sqls/dtmcli.barrier.mysql.sql) with its database's character set, as people have it. */
const dtmTable = (name: string, ending: string): string => `create table ${name} (
  id bigint(22) PRIMARY KEY AUTO_INCREMENT,
  trans_type varchar(45) default '',
  gid varchar(128) default '',
  branch_id varchar(128) default '',
  op varchar(45) default '',
  barrier_id varchar(45) default '',
  reason varchar(45) default '' comment 'the branch type who insert this record',
  create_time datetime DEFAULT now(),
  update_time datetime DEFAULT now(),
  key(create_time),
  key(update_time),
  UNIQUE key(gid, branch_id, op, barrier_id)
) ENGINE=InnoDB ${ending}`;

const TABLES = [
  ["of barrierTable()", "own", undefined],
  ["in utf8mb4_general_ci", "general", "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"],
  ["in utf8mb4_unicode_ci", "unicode", "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"],
  ["in utf8", "utf8", "DEFAULT CHARSET=utf8"],
  ["in latin1", "latin1", "DEFAULT CHARSET=latin1"],
  ["in utf8_bin", "utf8_bin", "DEFAULT CHARSET=utf8 COLLATE=utf8_bin"],
] as const;

describe.for(TABLES)("the barrier on a table %s", ([, name, ending]) => {
  const table = `${name}_barrier`;
  beforeAll(async () => {
    for (const sql of ending === undefined ? barrierTable("mysql", table) : [dtmTable(table, ending)]) {
      await pool.query(sql);
    }
  });

  /** Runs an op whose business writes a note; answers "ran" when it did. */
  const call = async (gid: string, op: string): Promise<string | undefined> => {
    const context: BranchContext = { gid, transType: "saga", branchId: "01", op };
    return new Barrier(context, { table }).call(pool, async (tx) => {
      await tx.query("insert into note values (?)", [`${gid} ${op}`]);
      return "ran";
    });
  };
  const rowsOf = async (): Promise<number> => {
    const [rows] = await pool.query<RowDataPacket[]>(`select count(*) as n from ${table}`);
    return Number(rows[0]?.["n"]);
  };

  test.for([
    ["k-accent-e", "k-accent-é"],
    ["k-width-a", "k-width-ａ"],
    ["k-strasse", "k-straße"],
    ["k-zero", "k-zero\u200b"],
    ["k-emoji-😀", "k-emoji-😁"],
    ["k-mark-?", "k-mark-😀"],
  ] as const)("%j and %j are two transactions", async ([one, other]) => {
    const canStore = async (gid: string): Promise<boolean> => {
      const before = await rowsOf();
      const stored = await call(gid, "action").catch((error: unknown) => {
        expect(error).toMatchObject({
          code: "invalid_argument",
          message: expect.stringMatching(/cannot store the gid .* as it is; alter table/),
        });
        return undefined;
      });
      expect(await rowsOf()).toBe(before + (stored === "ran" ? 1 : 0));
      return stored === "ran";
    };
    expect(await canStore(one)).toBe(!one.includes("😀") || !/utf8_|utf8$|latin1/.test(name));
    const stored = await canStore(other);
    if (!stored) {
      // It never ran, and is never said to have.
      await expect(call(other, "compensate")).rejects.toThrow(/cannot store the gid/);
      return;
    }
    expect(await call(other, "action")).toBeUndefined();
    expect(await call(other, "compensate")).toBe("ran");
    expect(await call(other, "compensate")).toBeUndefined();
    expect(await call(other, "action")).toBeUndefined();
    expect(await call(one, "compensate")).toBe("ran");
    expect(await call(one, "action")).toBeUndefined();
  });

  foldedKeysContract({
    call,
    async callEnding(gid) {
      await pool.query("create or replace procedure committing() commit");
      const context: BranchContext = { gid, transType: "saga", branchId: "01", op: "action" };
      return new Barrier(context, { table }).call(
        pool,
        async (tx) => void (await tx.query("call committing()")),
      );
    },
  });

  test("a transaction that has read before sees a row that was written since", async () => {
    const connection = await pool.getConnection();
    try {
      await connection.beginTransaction();
      await connection.query(`select * from note where text = 'none'`);
      await call("snapshot", "action");
      const context: BranchContext = { gid: "snapshot", transType: "saga", branchId: "01", op: "action" };
      const again = new Barrier(context, { table }).callInTransaction(connection, async () => "ran");
      expect(await again).toBeUndefined();
    } finally {
      await connection.rollback();
      connection.release();
    }
  });
});

describe("an account that may not create", () => {
  let limited: Pool;
  beforeAll(async () => {
    await pool.query("create user if not exists barrier_user@'%' identified by 'x'");
    await createBarrierTable(pool, "barrier_tables.granted_barrier");
    await pool.query("grant insert, select, update on barrier_tables.granted_barrier to barrier_user@'%'");
    const { host, port } = server;
    limited = createPool({ host, port, user: "barrier_user", password: "x", database: "barrier_tables" });
  });
  afterAll(async () => {
    await limited.end();
    await pool.query("drop user barrier_user@'%'");
  });

  test("may start a service whose table is there, and use the barrier with the rights of the page", async () => {
    await createBarrierTable(limited, "barrier_tables.granted_barrier");
    await createBarrierTable(limited, "granted_barrier");
    const call = (op: string) =>
      new Barrier(
        { gid: "granted", transType: "saga", branchId: "01", op },
        { table: "granted_barrier" },
      ).call(limited, async () => "ran");
    expect(await call("action")).toBe("ran");
    expect(await call("action")).toBeUndefined();
    expect(await call("compensate")).toBe("ran");
    const page = readFileSync(new URL("../../../../docs/barrier.md", import.meta.url), "utf8");
    expect(page).toContain("| MySQL, MariaDB | `insert`, `select`, `update` on the table |");
  });

  test("is told when the table is not there", async () => {
    await expect(createBarrierTable(limited, "barrier_tables.absent")).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(
        /^The barrier's table barrier_tables\.absent is not there.* Let an administrator run/,
      ),
    });
    const calling = new Barrier(
      { gid: "granted-2", transType: "saga", branchId: "01", op: "action" },
      { table: "barrier_tables.absent" },
    ).call(limited, async () => "ran");
    await expect(calling).rejects.toThrow(/barrier_tables\.absent.* is not there/);
  });
});

test("rows of old transactions are found by the statement of the page", async () => {
  const statement = "delete from dtm_barrier.barrier where create_time < now() - interval 90 day";
  const page = readFileSync(new URL("../../../../docs/barrier.md", import.meta.url), "utf8");
  expect(page).toContain(statement);
  await createBarrierTable(pool);
  for (const gid of ["old", "young"]) {
    await new Barrier({ gid, transType: "saga", branchId: "01", op: "action" }).call(pool, async () => "ran");
  }
  await pool.query("update dtm_barrier.barrier set create_time = now() - interval 91 day where gid = 'old'");
  await pool.query(statement);
  const [rows] = await pool.query("select gid from dtm_barrier.barrier where gid in ('old', 'young')");
  expect(rows).toEqual([{ gid: "young" }]);
});

test("a table whose gid is shorter is told, and no two gids become one there", async () => {
  await pool.query(
    dtmTable("short_barrier", "DEFAULT CHARSET=utf8mb4").replace("gid varchar(128)", "gid varchar(8)"),
  );
  for (const gid of ["12345678-1", "12345678-2"]) {
    const barrier = new Barrier(
      { gid, transType: "saga", branchId: "01", op: "action" },
      { table: "short_barrier" },
    );
    await expect(barrier.call(pool, async () => "ran")).rejects.toThrow(/cannot store the gid/);
  }
  const [rows] = await pool.query("select * from short_barrier");
  expect(rows).toEqual([]);
});
