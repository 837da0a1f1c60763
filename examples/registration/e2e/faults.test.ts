// Goal: whatever dies, a registration ends as both or neither, and by itself.
// Method: the services as processes of their own, on SQLite; they are stopped, killed and started again.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChildService, startChildService } from "../src/start/child-service.ts";
import { MAINS } from "../src/start/services.ts";
import { createServices, type Services } from "../src/user-api/services.ts";
import { apiClient } from "./api-client.ts";
import { freePorts } from "./free-ports.ts";
import { until } from "./until.ts";

const WAIT_MS = 3_000;
const CRASHING_USER_RPC = new URL("./crashing-user-rpc.ts", import.meta.url);

let folder: string;
let environments: Record<keyof typeof MAINS, Record<string, string>>;
let api: ReturnType<typeof apiClient>;
let services: Services;
let logs = "";
const running = new Map<keyof typeof MAINS, ChildService>();

async function start(name: keyof typeof MAINS, main: URL = MAINS[name]): Promise<ChildService> {
  const env = { LOG_LEVEL: "info", ...environments[name] };
  const child = await startChildService({
    main,
    env,
    onLog: (text) => {
      logs += text;
    },
  });
  running.set(name, child);
  return child;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-faults-"));
  const ports = await freePorts();
  const at = (port: number): string => `127.0.0.1:${port}`;
  environments = {
    coordinator: {
      HTTP_PORT: String(ports.coordinatorHttp),
      GRPC_PORT: String(ports.coordinatorGrpc),
      LOCKSTEP_STORE_URL: `sqlite:${join(folder, "coordinator.db")}`,
      // Shorter than for people, so that the tests are quick.
      LOCKSTEP_RETRY_BASE_MS: "100",
      LOCKSTEP_RETRY_CAP_MS: "400",
    },
    userRpc: { LISTEN_ON: at(ports.userRpc), DATABASE_URL: `sqlite:${join(folder, "user.db")}` },
    scoreRpc: { LISTEN_ON: at(ports.scoreRpc), DATABASE_URL: `sqlite:${join(folder, "score.db")}` },
    userApi: {
      LISTEN_ON: at(ports.userApi),
      COORDINATOR: `http://${at(ports.coordinatorHttp)}`,
      USER_RPC: at(ports.userRpc),
      SCORE_RPC: at(ports.scoreRpc),
      AUTH_SECRET: randomBytes(32).toString("hex"),
      REGISTER_WAIT_MS: String(WAIT_MS),
    },
  };
  await Promise.all([start("coordinator"), start("userRpc"), start("scoreRpc"), start("userApi")]);
  api = apiClient(`http://${at(ports.userApi)}`);
  services = createServices({
    coordinator: `http://${at(ports.coordinatorHttp)}`,
    userRpc: at(ports.userRpc),
    scoreRpc: at(ports.scoreRpc),
  });
});

afterAll(async () => {
  await services?.lockstep.close();
  for (const name of ["userApi", "scoreRpc", "userRpc", "coordinator"] as const)
    await running.get(name)?.stop();
  await rm(folder, { recursive: true, force: true });
});

function rows(file: string, sql: string): unknown[] {
  const db = new DatabaseSync(join(folder, file), { readOnly: true });
  try {
    return db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}

const succeeded = (gid: string): Promise<true> =>
  until(`transaction ${gid} succeeds`, async () => {
    const status = (await services.lockstep.query(gid))?.transaction.status;
    return status === "succeed" ? true : undefined;
  });

const benLogsIn = (): Promise<true> =>
  until("Ben can log in", async () =>
    (await api.login("Ben", "a secret")).status === 200 ? true : undefined,
  );

test("score-rpc down: 202 with the gid after the wait limit, and finished by itself when it is back", async () => {
  await running.get("scoreRpc")?.stop();
  const health = await api.health();
  expect(health.status).toBe(200);
  expect(health.body.data).toMatchObject({ "score-rpc": "down", cache: "ok" });

  const askedAt = performance.now();
  const { status, body } = await api.register({ id: 1, name: "Ann" });
  const tookMs = performance.now() - askedAt;
  expect(status).toBe(202);
  expect(body.message).toBe("still running");
  const gid = body.data?.["gid"] ?? "";
  expect(tookMs).toBeGreaterThanOrEqual(WAIT_MS * 0.9);
  // Unknown is not failure: the user stays.
  expect(rows("user.db", "select id from user where id = 1")).toEqual([{ id: 1 }]);

  await start("scoreRpc");
  await succeeded(gid);
  expect(rows("score.db", "select user_id, score from user_score where user_id = 1")).toEqual([
    { user_id: 1, score: 10 },
  ]);
});

test("user-rpc killed between its commit and its answer: the user exists once", async () => {
  await running.get("userRpc")?.stop();
  const doomed = await start("userRpc", CRASHING_USER_RPC);
  const answer = api.register({ id: 2, name: "Ben", password: "a secret" });
  expect(await doomed.ended).toBe("ended with SIGKILL");
  expect(rows("user.db", "select id from user where id = 2")).toEqual([{ id: 2 }]);
  const { status, body } = await answer;
  expect(status).toBe(202);

  await start("userRpc");
  const gid = body.data?.["gid"] ?? "";
  await succeeded(gid);
  expect(rows("user.db", "select id, name from user where name = 'Ben'")).toEqual([{ id: 2, name: "Ben" }]);
  expect(rows("user.db", `select op, reason from barrier where gid = '${gid}'`)).toEqual([
    { op: "action", reason: "action" },
  ]);
  expect(rows("score.db", "select score from user_score where user_id = 2")).toEqual([{ score: 10 }]);
  // Where user-api's own connection is not open again yet, it asks for a later try.
  await benLogsIn();
});

test("the coordinator down: 503 with Retry-After; killed in the middle: taken up again", async () => {
  await running.get("scoreRpc")?.stop();
  const { body } = await api.register({ id: 3, name: "Cid" });
  await running.get("coordinator")?.kill();
  const refused = await api.register({ id: 4, name: "Dot" });
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect((await api.health()).status).toBe(503);

  await Promise.all([start("coordinator"), start("scoreRpc")]);
  await succeeded(body.data?.["gid"] ?? "");
  expect(rows("score.db", "select score from user_score where user_id = 3")).toEqual([{ score: 10 }]);
  const again = await api.register({ id: 4, name: "Dot" });
  expect(again.status).toBeOneOf([200, 202]);
  await until("Dot has her points", () =>
    rows("score.db", "select score from user_score where user_id = 4").length === 1 ? true : undefined,
  );
});

test("user-rpc down: logging in answers 503, and is possible again when it is back", async () => {
  await running.get("userRpc")?.kill();
  expect((await api.login("Ben", "a secret")).status).toBe(503);
  await running.get("scoreRpc")?.stop();
  const health = await api.health();
  expect(health.status).toBe(503);
  expect(health.body.data).toMatchObject({ "user-rpc": "down", "score-rpc": "down", cache: "unknown" });
  await start("scoreRpc");
  await start("userRpc");
  await benLogsIn();
});

test("SIGTERM lets a running registration end, and takes nothing new", async () => {
  await running.get("scoreRpc")?.stop();
  const asked = api.register({ id: 5, name: "Eli" });
  await until("user-rpc has stored Eli", () =>
    rows("user.db", "select id from user where id = 5").length === 1 ? true : undefined,
  );
  const stopped = running.get("userApi")?.stop();
  const { status, body } = await asked;
  expect(status).toBe(202);
  await stopped;
  expect(await running.get("userApi")?.ended).toBe("ended with code 0");
  await expect(api.health()).rejects.toThrow();
  await Promise.all([start("userApi"), start("scoreRpc")]);
  await succeeded(body.data?.["gid"] ?? "");
});

test("no log has a password", () => {
  expect(logs).toContain('"route":"/login"'); // Control: there is a log.
  expect(logs).not.toContain("a secret");
});
