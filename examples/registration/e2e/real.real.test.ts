// Goal: the same on MariaDB, Redis and etcd, where the services find each other by etcd alone.
// Method: the services as processes of their own on the shared servers, with databases and keys of this test's own;
// and once `npm start -- --real`, which brings its own servers.
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Directory } from "@lockstep/discovery";
import { startEtcd, startMariaDb, startRedis } from "@lockstep/testkit/servers";
import { Redis } from "ioredis";
import { createConnection, createPool, type Pool, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type Services as Processes, startServices } from "../src/start/services.ts";
import { createServices, type Services } from "../src/user-api/services.ts";
import { apiClient } from "./api-client.ts";
import { freePorts } from "./free-ports.ts";
import { npmStart } from "./npm-start.ts";
import { until } from "./until.ts";

const OWN = `registration_${randomBytes(4).toString("hex")}`;
const DATABASES = { users: `${OWN}_users`, scores: `${OWN}_scores` };
const CRASHING_USER_RPC = new URL("./crashing-user-rpc.ts", import.meta.url);

let folder: string;
let pool: Pool;
let redis: Redis;
let directory: Directory;
let processes: Processes;
let api: ReturnType<typeof apiClient>;
let services: Services;
let coordinatorUrl: string;
/** Above what another run on the same Redis is likely to use. */
let nextId = 1_000_000 + randomBytes(3).readUIntBE(0, 3);

const anId = (): number => nextId++;

beforeAll(async () => {
  const servers = inject("servers");
  folder = await mkdtemp(join(tmpdir(), "lockstep-real-"));
  pool = createPool({ ...servers.mariadb });
  for (const database of Object.values(DATABASES)) await pool.query(`create database ${database}`);
  // A table as the Go services make it, without our new columns. The service must add them and use the table.
  await pool.query(
    `create table ${DATABASES.users}.user (id int unsigned not null auto_increment primary key,
      name varchar(255) null, gender varchar(255) null) engine = InnoDB default charset = utf8mb4`,
  );
  redis = new Redis({ ...servers.redis });
  directory = new Directory();
  const ports = await freePorts();
  processes = await startServices({
    ports,
    etcd: servers.etcd,
    keys: { userRpc: `${OWN}.user.rpc`, scoreRpc: `${OWN}.score.rpc`, coordinator: `${OWN}.dtmservice` },
    mariadb: servers.mariadb,
    databases: DATABASES,
    redis: servers.redis,
    coordinatorFile: join(folder, "coordinator.db"),
    logLevel: "warn",
    // Shorter than for people, so that the tests are quick.
    env: { REGISTER_WAIT_MS: "2500", LOCKSTEP_RETRY_BASE_MS: "200", LOCKSTEP_RETRY_CAP_MS: "500" },
    onLog: () => undefined,
  });
  api = apiClient(`http://${processes.userApi.address}`);
  coordinatorUrl = `http://${processes.coordinator.address}`;
  services = createServices({ ...processes.targets, coordinator: coordinatorUrl });
});

afterAll(async () => {
  await services?.lockstep.close();
  await processes?.stop();
  await directory?.close();
  for (const database of Object.values(DATABASES)) await pool?.query(`drop database if exists ${database}`);
  await pool?.end();
  redis?.disconnect();
  await rm(folder, { recursive: true, force: true });
});

async function rows(sql: string, ...values: (string | number)[]): Promise<unknown[]> {
  const [found] = await pool.query<RowDataPacket[]>(sql, values);
  return found.map((row) => ({ ...row }));
}

const userRows = (id: number) => rows(`select name, gender from ${DATABASES.users}.user where id = ?`, id);
const scoreRows = (id: number) =>
  rows(`select score from ${DATABASES.scores}.user_score where user_id = ?`, id);
const barrierRows = (gid = "") =>
  rows("select branch_id, op, reason from dtm_barrier.barrier where gid = ? order by branch_id, op", gid);

const succeeded = (gid: string): Promise<true> =>
  until(`transaction ${gid} succeeds`, async () => {
    const status = (await services.lockstep.query(gid))?.transaction.status;
    return status === "succeed" ? true : undefined;
  });

test("a person registers, logs in and is answered", async () => {
  const id = anId();
  const name = `Ann ${id}`;
  const { status, body } = await api.register({ id, name, gender: "f", password: "correct horse" });
  expect({ status, body }).toEqual({
    status: 200,
    body: { message: "success", data: { id: String(id), name, gender: "f" } },
  });
  expect(await userRows(id)).toEqual([{ name, gender: "f" }]);
  expect(await scoreRows(id)).toEqual([{ score: 10 }]);
  const token = await api.token(name, "correct horse");
  expect((await api.user(id, token)).body.data).toEqual({ id: String(id), name, gender: "f" });
  expect((await api.login(name, "wrong")).status).toBe(401);
  expect((await api.health()).body.data).toEqual({
    coordinator: "ok",
    "user-rpc": "ok",
    "score-rpc": "ok",
    cache: "ok",
  });
});

test("a missing user is remembered as missing until he registers", async () => {
  const id = anId();
  const key = `cache:user:id:${id}`;
  await expect(services.users.getUser({ id: String(id) })).rejects.toMatchObject({ code: 5 });
  expect(await redis.get(key)).toBe("*");
  expect((await api.register({ id, name: `Ben ${id}` })).status).toBe(200);
  expect(await redis.exists(key)).toBe(0);
  expect((await services.users.getUser({ id: String(id) })).name).toBe(`Ben ${id}`);
});

test("an id that has a score already: 409, no user, no cache entry, barrier rows that say why", async () => {
  const id = anId();
  const request = { userId: BigInt(id), score: 10 };
  await services.lockstep
    .saga()
    .step({ action: services.scores.saveUserScore, request })
    .submit({ wait: true });
  // Somebody asks for the user while the registration runs, so that the cache holds an answer that must be dropped.
  const asked = api.register({ id, name: `Cid ${id}` });
  let isRunning = true;
  const looking = (async () => {
    while (isRunning) await services.users.getUser({ id: String(id) }).catch(() => undefined);
  })();
  const { status, body } = await asked;
  isRunning = false;
  await looking;

  expect({ status, message: body.message }).toEqual({
    status: 409,
    message: `user ${id} has had the welcome score already`,
  });
  expect(await userRows(id)).toEqual([]);
  expect(await redis.exists(`cache:user:id:${id}`)).toBe(0);
  expect(await scoreRows(id)).toEqual([{ score: 10 }]);
  expect(await barrierRows(body.data?.["gid"])).toEqual([
    { branch_id: "01", op: "action", reason: "action" },
    { branch_id: "01", op: "compensate", reason: "compensate" },
    { branch_id: "02", op: "action", reason: "compensate" },
    { branch_id: "02", op: "compensate", reason: "compensate" },
  ]);
});

test("the same id or name twice: the first person's data is not touched", async () => {
  const id = anId();
  const name = `Dot ${id}`;
  const user = { id, name, gender: "f", password: "hers" };
  expect((await api.register(user)).status).toBe(200);
  const before = await rows(`select * from ${DATABASES.users}.user where id = ?`, id);
  expect((await api.register({ ...user, name: `Not ${name}`, password: "his" })).body.message).toBe(
    `the id ${id} is taken`,
  );
  const other = anId();
  expect((await api.register({ ...user, id: other })).body.message).toBe("the name is taken");
  expect(await rows(`select * from ${DATABASES.users}.user where id = ?`, id)).toEqual(before);
  expect(await scoreRows(id)).toEqual([{ score: 10 }]);
  expect(await userRows(other)).toEqual([]);
  expect(await scoreRows(other)).toEqual([]);
  expect((await api.login(name, "hers")).status).toBe(200);
});

test("twenty people want one name at once: one gets it", async () => {
  const ids = Array.from({ length: 20 }, anId);
  const name = `Star ${ids[0]}`;
  const answers = await Promise.all(ids.map((id) => api.register({ id, name })));
  // A deadlock is no refusal. A registration that was not finished within the wait goes on, and ends like the others.
  for (const { status, body } of answers) {
    if (status !== 202) continue;
    await until("it ends", async () => {
      const end = (await services.lockstep.query(body.data?.["gid"] ?? ""))?.transaction.status;
      return end === "succeed" || end === "failed" ? true : undefined;
    });
  }
  const winners = await rows(`select id from ${DATABASES.users}.user where name = ?`, name);
  expect(winners).toHaveLength(1);
  const scores = await rows(
    `select user_id as id from ${DATABASES.scores}.user_score where user_id in (${ids})`,
  );
  expect(scores).toEqual(winners);
});

test("a stopped service is de-registered at once, and found again when it is back", async () => {
  const found = directory.find(processes.targets.scoreRpc);
  await found.pick();
  expect(found.current()).toEqual([processes.scoreRpc.address]);
  await processes.scoreRpc.stop();
  // Gone with the process, and not ten seconds later with its lease: whoever asks etcd now finds nobody.
  const later = new Directory();
  await expect(later.find(processes.targets.scoreRpc).pick()).rejects.toMatchObject({ code: "unavailable" });
  await later.close();
  await until("score-rpc is gone from etcd", () => (found.current().length === 0 ? true : undefined));

  const id = anId();
  const { status, body } = await api.register({ id, name: `Eli ${id}` });
  expect(status).toBe(202);
  await processes.start("scoreRpc");
  await succeeded(body.data?.["gid"] ?? "");
  expect(await scoreRows(id)).toEqual([{ score: 10 }]);
});

test("user-rpc killed between its commit and its answer: the user exists once", async () => {
  await processes.userRpc.stop();
  const doomed = await processes.start("userRpc", CRASHING_USER_RPC);
  const id = anId();
  const asked = api.register({ id, name: `Fay ${id}` });
  expect(await doomed.ended).toBe("ended with SIGKILL");
  expect(await userRows(id)).toHaveLength(1);
  const { status, body } = await asked;
  expect(status).toBe(202);
  await processes.start("userRpc");
  await succeeded(body.data?.["gid"] ?? "");
  expect(await userRows(id)).toEqual([{ name: `Fay ${id}`, gender: "" }]);
  expect(await scoreRows(id)).toEqual([{ score: 10 }]);
});

test("npm start -- --real brings its own servers", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "lockstep-npm-real-"));
  const started = npmStart({ cwd, ports: await freePorts(), args: ["--real"] });
  try {
    await started.ready();
    expect(started.output()).toContain("rolled it back: no user is left");
    // While it starts, it says what it starts.
    expect(started.output()).toMatch(
      /^Starting MariaDB, Redis and etcd:\n( {2}(MariaDB|Redis|etcd) runs\n){3}Starting the four/,
    );
    expect(
      started
        .output()
        .split("\n")
        .filter((line) => line.length > 80 && !line.startsWith("{")),
    ).toEqual([]);
    const own = apiClient(started.apiUrl);
    expect((await own.register({ id: 7, name: "Ann" })).status).toBe(200);
    const pid = Number(/^ {2}score-rpc .* pid (\d+)$/m.exec(started.output())?.[1]);
    await until("it is told", () => started.output().includes("saveUser, saveUserScore\n") || undefined);
    process.kill(pid, "SIGKILL");
    await until(
      "score-rpc is back",
      () =>
        /^score-rpc ended with SIGKILL; .*\n(.*\n)*score-rpc runs again; pid \d+\.$/m.test(
          started.output(),
        ) || undefined,
    );
    expect((await own.register({ id: 8, name: "Ben" })).status).toBe(200);
  } finally {
    expect(await started.stop()).toBe(0);
    await rm(cwd, { recursive: true, force: true });
  }
});

test("npm start -- --real that is killed leaves nothing behind", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "lockstep-npm-killed-"));
  const started = npmStart({ cwd, ports: await freePorts(), args: ["--real"], env: { TMPDIR: cwd } });
  try {
    await started.ready();
    expect((await readdir(cwd)).join()).toMatch(/lockstep-registration-/);
    await started.kill();
    await until("all folders are gone", async () => ((await readdir(cwd)).length === 0 ? true : undefined));
  } finally {
    await started.kill();
    await rm(cwd, { recursive: true, force: true });
  }
});

test("npm start -- --real on servers that are named registers nobody, and tells the services nothing of them", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "lockstep-npm-named-"));
  // Of this test's own: the names of databases and keys are fixed here.
  await using mariadb = await startMariaDb();
  await using cache = await startRedis();
  await using etcd = await startEtcd();
  const named = {
    LOCKSTEP_TEST_MARIADB: mariadb.uri(""),
    LOCKSTEP_TEST_REDIS: cache.url,
    LOCKSTEP_TEST_ETCD: etcd.endpoint,
  };
  const started = npmStart({ cwd, ports: await freePorts(), args: ["--real"], env: named });
  try {
    await started.ready();
    expect(started.output()).toContain("Nobody was registered");
    await using connection = await createConnection(mariadb.uri("zero_mall"));
    for (const table of ["zero_mall.user", "dtm_barrier.user_score"]) {
      expect((await connection.query(`select * from ${table}`))[0]).toEqual([]);
    }
    for (const [, pid] of started.output().matchAll(/; pid (\d+)$/gm)) {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8");
      expect(environment).not.toContain("LOCKSTEP_TEST_");
    }
  } finally {
    expect(await started.stop()).toBe(0);
    await rm(cwd, { recursive: true, force: true });
  }
});

test("a coordinator that cannot store is down, though it answers", async () => {
  expect((await api.health()).status).toBe(200);
  await rm(join(folder, "coordinator.db"));
  const { body } = await until("user-api is not ready", async () => {
    const answer = await api.health();
    return answer.status === 503 ? answer : undefined;
  });
  expect(body.data).toMatchObject({ coordinator: "down", "user-rpc": "ok", "score-rpc": "ok" });
  expect(await services.lockstep.newGid()).not.toBe("");
});
