// Goal: the barrier compares keys by bytes on every PostgreSQL table that people have, whatever its columns fold.
// Method: one suite on a real PostgreSQL, over tables with the types and collations that people choose by hand.
import { type PostgresServer, startPostgres } from "@lockstep/testkit/servers";
import { Client, Pool, type PoolClient } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Barrier } from "./barrier.ts";
import { foldedKeysContract } from "./folded-keys-contract.ts";

let server: PostgresServer;
let pool: Pool;
beforeAll(async () => {
  server = await startPostgres();
  const admin = new Client({ connectionString: server.uri("postgres") });
  await admin.connect();
  await admin.query("drop database if exists barrier_tables");
  await admin.query("create database barrier_tables");
  await admin.end();
  pool = new Pool({ connectionString: server.uri("barrier_tables"), max: 5 });
  await pool.query(`create table note (text text);
    create extension citext;
    create collation no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create collation base_letters (provider = icu, locale = 'und-u-ks-level1', deterministic = false)`);
}, 120_000);
afterAll(async () => {
  await pool.end();
  await server.stop();
});

const createTable = async (table: string, type: string): Promise<void> => {
  const columns = ["gid", "branch_id", "op", "barrier_id"].map((name) => `${name} ${type}`);
  await pool.query(`create table ${table} (trans_type text, ${columns.join(", ")}, reason text,
    create_time timestamptz, update_time timestamptz, unique (gid, branch_id, op, barrier_id))`);
};

const barrierOf = (table: string, gid: string, op: string): Barrier =>
  new Barrier({ gid, transType: "saga", branchId: "01", op }, { table, warn: () => undefined });

/** Runs an op whose business writes a note; answers "ran" when it did. */
const callOn = (table: string, gid: string, op: string): Promise<string | undefined> =>
  barrierOf(table, gid, op).call(pool, async (tx) => {
    await tx.query("insert into note values ($1)", [`${gid} ${op}`]);
    return "ran";
  });

/** A statement that the guard does not see, as a library sends one that calls pg's prototype. */
const sendUnseen = (tx: PoolClient, sql: string): Promise<unknown> =>
  Reflect.apply(Client.prototype.query, tx, [sql]) as unknown as Promise<unknown>;

const TABLES = [
  ["varchar(128)", "plain"],
  ["citext", "citext"],
  ["text collate no_case", "no_case"],
  ["varchar(128) collate base_letters", "base_letters"],
  ["char(128)", "padded"],
] as const;

describe.for(TABLES)("the barrier on PostgreSQL columns of the type %s", ([type, name]) => {
  const table = `${name}_barrier`;
  beforeAll(() => createTable(table, type));
  const call = (gid: string, op: string) => callOn(table, gid, op);

  foldedKeysContract({
    call,
    callEnding: (gid) =>
      barrierOf(table, gid, "action").call(pool, async (tx) => void (await sendUnseen(tx, "commit"))),
  });

  test.for([
    ["k-accent-e", "k-accent-é"],
    ["k-composed-\u00e9", "k-composed-e\u0301"],
    ["k-width-a", "k-width-ａ"],
  ] as const)("%j and %j are two transactions", async ([one, other]) => {
    for (const gid of [one, other]) {
      expect(await call(gid, "action")).toBe("ran");
      expect(await call(gid, "action")).toBeUndefined();
    }
    for (const gid of [other, one]) {
      expect(await call(gid, "compensate")).toBe("ran");
      expect(await call(gid, "action")).toBeUndefined();
    }
  });

  test("the same within a transaction of the caller's", async () => {
    const client = await pool.connect();
    const within = async (gid: string, op: string) => {
      await client.query("begin");
      const answer = await barrierOf(table, gid, op).callInTransaction(client, async () => "ran");
      await client.query("commit");
      return answer;
    };
    try {
      for (const gid of ["w-case", "W-CASE"]) {
        expect(await within(gid, "action")).toBe("ran");
        expect(await within(gid, "action")).toBeUndefined();
      }
      expect(await within("W-CASE", "compensate")).toBe("ran");
      expect(await within("w-case", "action")).toBeUndefined();
      expect(await within("W-case", "compensate")).toBeUndefined();
      expect(await within("W-case", "action")).toBeUndefined();
    } finally {
      client.release();
    }
  });
});

test.for([
  ["varchar(8)", "varchar8", "123456789"],
  ["char(8)", "char8", "123456789"],
  ["numeric", "numeric", "007"],
  ["uuid", "uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"],
] as const)(
  "a column of the type %s cannot store the gid, and says so before anything runs",
  async ([type, name, gid]) => {
    const table = `narrow_${name}`;
    await createTable(table, "text");
    await pool.query(`alter table ${table} alter column gid type ${type} using null`);
    for (const op of ["action", "compensate", "action"]) {
      await expect(callOn(table, gid, op)).rejects.toMatchObject({
        code: "invalid_argument",
        message: `The barrier's table ${table} cannot store the gid ${gid} as it is; its columns gid, branch_id, op and barrier_id must be of the type varchar(128) or text, in a database whose encoding is UTF8.`,
      });
    }
    expect((await pool.query(`select * from ${table}`)).rows).toEqual([]);
    expect((await pool.query("select * from note where text like $1", [`${gid} %`])).rows).toEqual([]);
  },
);
