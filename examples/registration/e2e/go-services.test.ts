// Goal: user-api works with a user-rpc in Go, alone or beside ours, and says where it cannot.
// Method: the real services on SQLite; a gRPC server answers as the Go service does (written after the seed and go-zero).
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { parseCoordinatorConfig, startCoordinator } from "../src/coordinator/coordinator.ts";
import { parseScoreRpcConfig, startScoreRpc } from "../src/score-rpc/score-rpc.ts";
import { Releases } from "../src/service/running-service.ts";
import type { ServiceLog } from "../src/service/service-log.ts";
import { parseUserApiConfig } from "../src/user-api/config.ts";
import { Tokens } from "../src/user-api/tokens.ts";
import { startUserApi } from "../src/user-api/user-api.ts";
import { parseUserRpcConfig, startUserRpc } from "../src/user-rpc/user-rpc.ts";
import { apiClient } from "./api-client.ts";
import { type GoUserRpc, startGoUserRpc } from "./go-user-rpc.ts";
import { until } from "./until.ts";

const SECRET = randomBytes(32).toString("hex");

const releases = new Releases();
let go: GoUserRpc;
/** user-api in front of the Go service alone, of ours alone, and of both under one target. */
let beforeGo: ReturnType<typeof apiClient>;
let beforeBoth: ReturnType<typeof apiClient>;
const warnings: Record<"go" | "both" | "ours", string[]> = { go: [], both: [], ours: [] };
let nextId = 100;

const logTo = (lines: string[]): ServiceLog => ({
  info: () => undefined,
  warn: (event) => void lines.push(event),
  error: () => undefined,
});

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-go-services-"));
  releases.defer(() => rm(folder, { recursive: true, force: true }));
  const kept = async <S extends { stop(): Promise<void>; address: string }>(
    starting: Promise<S>,
  ): Promise<S> => {
    const service = await starting;
    releases.defer(() => service.stop());
    return service;
  };
  const quiet = logTo([]);
  const env = { HTTP_PORT: "0", GRPC_PORT: "0", LOCKSTEP_STORE_URL: "memory:", LOCKSTEP_RETRY_BASE_MS: "50" };
  const coordinator = await kept(startCoordinator(parseCoordinatorConfig({ env }), quiet));
  const rpcEnv = (file: string) => ({
    LISTEN_ON: "127.0.0.1:0",
    DATABASE_URL: `sqlite:${join(folder, file)}`,
  });
  const userRpc = await kept(startUserRpc(parseUserRpcConfig({ env: rpcEnv("user.db") }), quiet));
  const scoreRpc = await kept(startScoreRpc(parseScoreRpcConfig({ env: rpcEnv("score.db") }), quiet));
  go = await kept(startGoUserRpc());
  const userApi = async (userRpc: string, lines: string[]) => {
    const env = {
      LISTEN_ON: "127.0.0.1:0",
      COORDINATOR: `http://${coordinator.address}`,
      USER_RPC: userRpc,
      SCORE_RPC: scoreRpc.address,
      AUTH_SECRET: SECRET,
    };
    const service = await kept(startUserApi(parseUserApiConfig({ env }), logTo(lines)));
    return apiClient(`http://${service.address}`);
  };
  beforeGo = await userApi(go.address, warnings.go);
  beforeBoth = await userApi(`${go.address},${userRpc.address}`, warnings.both);
  await userApi(userRpc.address, warnings.ours);
});

afterAll(() => releases.release());
beforeEach(() => {
  nextId += 1;
});

const tokenOf = (id: number) =>
  new Tokens({ secret: SECRET, expireInS: 60 }).make({ id, stamp: "a stamp of ours" });

test("at its start user-api says which services are in Go, and what does not work with them", async () => {
  for (const lines of [warnings.go, warnings.both]) {
    await until("user-api has said it", () => lines.length > 0 || undefined);
    expect(lines).toEqual([expect.stringMatching(/^user-rpc is, or is in part, a Go service: .*passwords/)]);
  }
  expect(warnings.ours).toEqual([]);
});

test("a health service that knows only the empty name is asked by that", async () => {
  const { status, body } = await beforeGo.health();
  expect({ status, data: body.data }).toEqual({
    status: 200,
    data: { coordinator: "ok", "user-rpc": "ok", "score-rpc": "ok", cache: "ok" },
  });
});

test("a person registers by the Go service, and is found with a token of ours", async () => {
  expect((await beforeGo.register({ id: nextId, name: "Ann", gender: "f" })).status).toBe(200);
  const { status, body } = await beforeGo.user(nextId, await tokenOf(nextId));
  expect({ status, data: body.data }).toEqual({
    status: 200,
    data: { id: String(nextId), name: "Ann", gender: "f" },
  });
  expect((await beforeGo.user(999, await tokenOf(999))).status).toBe(404);
});

test("a password that the Go service would drop is refused, and nobody is stored", async () => {
  const { status, body } = await beforeGo.register({ id: nextId, name: "Ben", password: "a secret" });
  expect({ status, message: body.message }).toEqual({
    status: 501,
    message:
      "a password cannot be stored: the user-rpc that runs is a Go service, which knows no passwords; register without a password",
  });
  expect(go.users.has(String(nextId))).toBe(false);
  const login = await beforeGo.login("Ben", "a secret");
  expect({ status: login.status, message: login.body.message }).toEqual({
    status: 501,
    message: "nobody can log in: the user-rpc that runs is a Go service, which knows no passwords",
  });
});

test.for([
  ["the same id", "Error 1062 (23000): Duplicate entry '7' for key 'PRIMARY'", /^the id \d+ is taken$/],
  [
    "a lost database",
    "dial tcp 10.0.0.7:3306: connect: connection refused",
    /^the registration was rolled back/,
  ],
  ["a lock", "Error 1205 (HY000): Lock wait timeout exceeded", /^the registration was rolled back/],
] as const)("what the Go service says of %s is told in words for people", async ([, words, says]) => {
  go.refuseNext(words);
  const { status, body } = await beforeGo.register({ id: nextId, name: "Cid" });
  expect({ status, message: body.message }).toEqual({ status: 409, message: expect.stringMatching(says) });
});

test("beside a Go service ours gets every password, and everybody can log in", async () => {
  const people = Array.from({ length: 4 }, (_, index) => ({ id: 1_000 + index, name: `Dot ${index}` }));
  for (const person of people) {
    const { status, body } = await beforeBoth.register({ ...person, password: "a secret" });
    expect({ status, message: body.message }).toEqual({ status: 200, message: "success" });
  }
  expect([...go.users.keys()].filter((id) => Number(id) >= 1_000)).toEqual([]);
  expect((await beforeBoth.login("Dot 0", "wrong")).status).toBe(401);
  for (const { id, name } of people) {
    // Both services read one table in earnest. Here the Go service gets a copy.
    go.users.set(String(id), { id: String(id), name, gender: "" });
    const token = await beforeBoth.token(name, "a secret");
    for (const _ of ["first", "second"]) {
      expect((await beforeBoth.user(id, token)).status).toBe(200);
      // A token of somebody who had the id before: ours can tell, whoever is asked first.
      expect((await beforeBoth.user(id, await tokenOf(id))).status).toBe(401);
    }
  }
});
