// Goal: user-rpc and score-rpc work on the tables that the Go services made, or change nothing and say which rows are
// in the way.
// Method: the real services on a MariaDB of this test's own, which is not strict, as old servers are.
import { status } from "@grpc/grpc-js";
import { type MariaDbServer, startMariaDb } from "@lockstep/testkit/servers";
import { Lockstep } from "lockstep";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { UserScore } from "../gen/score_pb.ts";
import { User } from "../gen/user_pb.ts";
import { parseScoreRpcConfig, startScoreRpc } from "../score-rpc/score-rpc.ts";
import type { ServiceLog } from "../service/service-log.ts";
import { parseUserRpcConfig, startUserRpc } from "../user-rpc/user-rpc.ts";

let server: MariaDbServer;
let connection: Connection;
let warnings: string[];
let gidCount = 0;

/** The tables of the Go services, word for word. */
const GO_TABLES = [
  `create table zero_mall.user (id int unsigned not null auto_increment primary key, name varchar(255) null,
    gender varchar(255) null) engine = InnoDB default charset = utf8`,
  `create table dtm_barrier.user_score (id bigint unsigned not null auto_increment primary key,
    user_id bigint not null default 0, score int not null default 0) engine = InnoDB default charset = utf8`,
  `create table dtm_barrier.barrier (id bigint(22) not null auto_increment, trans_type varchar(45) default '',
    gid varchar(128) default '', branch_id varchar(128) default '', op varchar(45) default '',
    barrier_id varchar(45) default '', reason varchar(45) default '', create_time datetime default current_timestamp,
    update_time datetime default current_timestamp, primary key (id),
    unique key gid (gid, branch_id, op, barrier_id)) engine = InnoDB default charset = utf8`,
];

beforeAll(async () => {
  server = await startMariaDb();
  connection = await createConnection({ uri: server.uri("") });
  await connection.query("set global sql_mode = ''");
});

afterAll(async () => {
  await connection?.end();
  await server?.stop();
});

beforeEach(async () => {
  warnings = [];
  for (const name of ["zero_mall", "dtm_barrier"]) {
    await connection.query(`drop database if exists ${name}`);
    await connection.query(`create database ${name}`);
  }
  for (const sql of GO_TABLES) await connection.query(sql);
});

const log: ServiceLog = {
  info: () => undefined,
  warn: (event, fields) => void warnings.push(`${event} ${JSON.stringify(fields)}`),
  error: () => undefined,
};

const envOf = (database: string, more: Record<string, string> = {}) => ({
  LISTEN_ON: "127.0.0.1:0",
  DATABASE_URL: `mysql://${server.user}@${server.host}:${server.port}/${database}`,
  DATABASE_PASSWORD: server.password,
  ...more,
});

const openUserRpc = (more: Record<string, string> = {}) =>
  startUserRpc(parseUserRpcConfig({ env: envOf("zero_mall", more) }), log);

const openScoreRpc = () => startScoreRpc(parseScoreRpcConfig({ env: envOf("dtm_barrier") }), log);

async function userRpc(more: Record<string, string> = {}) {
  const service = await openUserRpc(more);
  const lockstep = new Lockstep("http://127.0.0.1:1");
  onTestFinished(async () => {
    await lockstep.close();
    await service.stop();
  });
  return lockstep.service(User, service.address);
}

async function rows(sql: string): Promise<unknown[]> {
  const [found] = await connection.query<RowDataPacket[]>(sql);
  return found.map((row) => ({ ...row }));
}

const branch = (op: "action" | "compensate", gid = `g${++gidCount}`) => ({
  metadata: { "dtm-gid": gid, "dtm-trans_type": "saga", "dtm-branch_id": "01", "dtm-op": op },
});

/** What a Go service leaves of a user whom it has stored. */
async function savedByGo(gid: string, id: number, name: string): Promise<void> {
  await connection.query("insert into zero_mall.user (id, name, gender) values (?, ?, '')", [id, name]);
  await connection.query(
    "insert into dtm_barrier.barrier (trans_type, gid, branch_id, op, barrier_id, reason) values ('saga', ?, '01', 'action', '01', 'action')",
    [gid],
  );
}

test("two users of one name: user-rpc does not start, names the rows, and has changed nothing", async () => {
  const before = await rows("show create table zero_mall.user");
  await connection.query(
    "insert into zero_mall.user (id, name) values (1, 'Ann'), (2, 'Ben'), (3, 'Ann'), (4, null), (5, null), (6, 'Cid'), (9, 'Cid')",
  );
  await connection.query("drop table dtm_barrier.barrier");
  await expect(openUserRpc()).rejects.toThrow(
    /the table user has rows that .*\n {2}name is the same in the rows with id 1, 3\n {2}name is .* id 6, 9\nNothing was changed\./,
  );
  expect(await rows("show create table zero_mall.user")).toEqual(
    before.map((row) =>
      Object.assign({}, row, { "Create Table": expect.not.stringContaining("password_hash") }),
    ),
  );
  expect(await rows("show tables from dtm_barrier like 'barrier'")).toEqual([]);

  await connection.query("delete from zero_mall.user where id in (3, 9)");
  const users = await userRpc();
  expect(await users.getUser({ id: "1" })).toMatchObject({ name: "Ann" });
});

test("two scores of one user: score-rpc does not start, and names the rows; of very many it names a few", async () => {
  const values = Array.from(
    { length: 20 },
    (_, index) => `(${index + 1}, ${index < 8 ? 7 : (index >> 1) + 100})`,
  );
  await connection.query(`insert into dtm_barrier.user_score (id, user_id) values ${values}`);
  await expect(openScoreRpc()).rejects.toThrow(
    /user_id is the same in the rows with id 1, 2, 3, 4, 5 and 3 more\n(.*\n){4} {2}and there are more rows of this kind\nNothing/,
  );
  expect(await rows("show index from dtm_barrier.user_score where Key_name <> 'PRIMARY'")).toEqual([]);
});

test("two instances start at once on the tables of the Go services", async () => {
  const services = await Promise.all([openUserRpc(), openUserRpc(), openUserRpc()]);
  for (const service of services) await service.stop();
  expect(await rows("show index from zero_mall.user where Key_name = 'user_name'")).toHaveLength(1);
});

test("a name that the table cannot store is refused, and the start says so", async () => {
  const users = await userRpc();
  expect(warnings).toContainEqual(expect.stringMatching(/convert to character set utf8mb4.*"charset":"utf8/));
  const request = { id: "7", name: "Ann \u{1f600}", gender: "f", passwordHash: "x" };
  await expect(users.saveUser(request, branch("action"))).rejects.toMatchObject({
    code: status.ABORTED,
    details: "the name or the gender has a character that the database cannot store, or is too long for it",
  });
  expect(await rows("select * from zero_mall.user")).toEqual([]);
  await expect(users.findByName({ name: request.name })).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test("the case of a name counts, although the table compares without case", async () => {
  const users = await userRpc();
  await users.saveUser({ id: "7", name: "Ann", gender: "f", passwordHash: "x" }, branch("action"));
  expect(await users.findByName({ name: "Ann" })).toMatchObject({ id: "7" });
  await expect(users.findByName({ name: "ann" })).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test("a number that the table cannot store is refused", async () => {
  await connection.query("alter table dtm_barrier.user_score modify score tinyint not null");
  await using lockstep = new Lockstep("http://127.0.0.1:1");
  const service = await openScoreRpc();
  const scores = lockstep.service(UserScore, service.address);
  await expect(scores.saveUserScore({ userId: 7n, score: 1_000 }, branch("action"))).rejects.toMatchObject({
    code: status.ABORTED,
    details: "the database cannot store this score",
  });
  await service.stop();
});

test("what a Go service saved is undone: by default both keep their rows in one table", async () => {
  const users = await userRpc();
  const undo = branch("compensate");
  await savedByGo(undo.metadata["dtm-gid"], 7, "Ann");
  await users.saveUserCallback({ id: "7" }, undo);
  expect(await rows("select * from zero_mall.user")).toEqual([]);
});

test("another barrier table that has the action: said at the start, and the undo is no success", async () => {
  const users = await userRpc({ DATABASE_BARRIER_TABLE: "barrier" });
  expect(warnings).toContainEqual(
    expect.stringMatching(/another barrier table.*"used":"barrier","other":"dtm_barrier.barrier"/),
  );
  const undo = branch("compensate");
  await savedByGo(undo.metadata["dtm-gid"], 7, "Ann");
  for (const _ of ["first", "repeated"]) {
    await expect(users.saveUserCallback({ id: "7" }, undo)).rejects.toMatchObject({ code: status.UNKNOWN });
  }
  // With one table, the same undo finds the action.
  const cured = await userRpc();
  await cured.saveUserCallback({ id: "7" }, undo);
  expect(await rows("select * from zero_mall.user")).toEqual([]);
  // Now the other table has the undo as well, so nothing is left to do.
  await users.saveUserCallback({ id: "7" }, undo);
  await users.saveUserCallback({ id: "8" }, branch("compensate"));
});
