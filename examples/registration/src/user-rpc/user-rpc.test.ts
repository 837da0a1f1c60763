// Goal: user.User gives direct callers and a coordinator the right answers.
// Method: the real service on SQLite, called over gRPC; its cache runs on the test's clock.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { Lockstep, type ServiceClient } from "lockstep";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { MemoryCache } from "../cache/memory-cache.ts";
import { Health } from "../gen/health_pb.ts";
import { User } from "../gen/user_pb.ts";
import { CACHE_HOLD_OFF_MS } from "../limits.ts";
import type { RunningService } from "../service/running-service.ts";
import { createServiceLog } from "../service/service-log.ts";
import { parseUserRpcConfig, startUserRpc } from "./user-rpc.ts";

let folder: string;
let service: RunningService;
let lockstep: Lockstep;
let users: ServiceClient<typeof User>;
let gidCount = 0;
let cacheNowMs = 0;
const cache = new MemoryCache(() => cacheNowMs);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-user-rpc-"));
  const config = parseUserRpcConfig({
    env: { LISTEN_ON: "127.0.0.1:0", DATABASE_URL: `sqlite:${join(folder, "user.db")}` },
  });
  service = await startUserRpc(config, createServiceLog("user-rpc", { level: "silent" }), {
    openCache: async () => cache,
  });
  lockstep = new Lockstep("http://127.0.0.1:1");
  users = lockstep.service(User, service.address);
});

afterAll(async () => {
  await lockstep?.close();
  await service?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The metadata that a coordinator sends with a call. */
const branch = (op: "action" | "compensate", gid = `g${++gidCount}`) => ({
  metadata: { "dtm-gid": gid, "dtm-trans_type": "saga", "dtm-branch_id": "01", "dtm-op": op },
});

const aUser = { id: "7", name: "Ann", gender: "f", passwordHash: "$scrypt$…" };

test("an action stores, its repeat does nothing, its compensation deletes, and a late action does nothing", async () => {
  const action = branch("action");
  const undo = branch("compensate", action.metadata["dtm-gid"]);
  for (const _ of ["first", "repeated"]) {
    expect(await users.saveUser(aUser, action)).toMatchObject({ id: "7", name: "Ann", gender: "f" });
  }
  expect(await users.getUser({ id: "7" })).toMatchObject({ id: "7", name: "Ann", gender: "f" });
  expect(await users.findByName({ name: "Ann" })).toMatchObject({ id: "7", passwordHash: "$scrypt$…" });

  for (const _ of ["first", "repeated"]) await users.saveUserCallback(aUser, undo);
  await expect(users.getUser({ id: "7" })).rejects.toMatchObject({ code: status.NOT_FOUND });
  await users.saveUser(aUser, action);
  await expect(users.getUser({ id: "7" })).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test("a taken id or name is a FAILURE, and its compensation takes nothing from the first", async () => {
  await users.saveUser({ ...aUser, id: "1", name: "One" }, branch("action"));
  for (const [request, reason] of [
    [{ ...aUser, id: "1", name: "Uno" }, "the id 1 is taken"],
    [{ ...aUser, id: "2", name: "One" }, "the name is taken"],
  ] as const) {
    const action = branch("action");
    await expect(users.saveUser(request, action)).rejects.toMatchObject({
      code: status.ABORTED,
      details: reason,
    });
    await users.saveUserCallback(request, branch("compensate", action.metadata["dtm-gid"]));
  }
  expect((await users.getUser({ id: "1" })).name).toBe("One");
  expect((await users.findByName({ name: "One" })).id).toBe("1");
});

describe("the cache entry goes in the same breath", () => {
  test("as the user comes, and as the user goes", async () => {
    const request = { ...aUser, id: "20", name: "Twenty" };
    const gone = expect.objectContaining({ code: status.NOT_FOUND });
    const action = branch("action");
    await expect(users.getUser({ id: "20" })).rejects.toEqual(gone);
    expect(await cache.get("cache:user:id:20")).toBe("*");
    await users.saveUser(request, action);
    expect(await cache.get("cache:user:id:20")).toBeUndefined();

    cacheNowMs += CACHE_HOLD_OFF_MS;
    expect((await users.getUser({ id: "20" })).name).toBe("Twenty");
    expect(await cache.get("cache:user:id:20")).toContain("Twenty");
    await users.saveUserCallback(request, branch("compensate", action.metadata["dtm-gid"]));
    expect(await cache.get("cache:user:id:20")).toBeUndefined();
    await expect(users.getUser({ id: "20" })).rejects.toEqual(gone);
  });

  test("and where the cache did not answer, the repeated call sees to it", async () => {
    const request = { ...aUser, id: "21", name: "Twenty-one" };
    const action = branch("action");
    await expect(users.getUser({ id: "21" })).rejects.toMatchObject({ code: status.NOT_FOUND });
    const drop = vi.spyOn(cache, "drop").mockRejectedValueOnce(new Error("no cache"));
    // The user is stored, but the answer does not say so: a coordinator reads it as unknown, and repeats the call.
    await expect(users.saveUser(request, action)).rejects.toMatchObject({
      code: status.UNKNOWN,
      details: "internal error",
    });
    expect(await cache.get("cache:user:id:21")).toBe("*");
    await users.saveUser(request, action);
    expect((await users.getUser({ id: "21" })).name).toBe("Twenty-one");
    expect(drop).toHaveBeenCalledTimes(2);
    drop.mockRestore();
  });
});

test.for([
  [{ ...aUser, id: "abc" }, /^id must/],
  [{ ...aUser, id: "" }, /^id must/],
  [{ ...aUser, id: "0" }, /^id must/],
  [{ ...aUser, name: " " }, /^name must/],
  [{ ...aUser, gender: "a\u0000" }, /^gender must/],
  [{ ...aUser, passwordHash: "x".repeat(256) }, /^password_hash must/],
] as const)("no user: %j", async ([request, says]) => {
  const detailed = (code: status) => ({ code, details: expect.stringMatching(says) });
  // A direct caller gets INVALID_ARGUMENT. A coordinator gets a refusal, because it would repeat anything else.
  await expect(users.saveUser(request)).rejects.toMatchObject(detailed(status.INVALID_ARGUMENT));
  const action = branch("action");
  await expect(users.saveUser(request, action)).rejects.toMatchObject(detailed(status.ABORTED));
  await users.saveUserCallback(request, branch("compensate", action.metadata["dtm-gid"]));
});

describe("an undo passes the barrier first, whatever its request", () => {
  test("an id that is none: the action that comes later stores nothing", async () => {
    const action = branch("action");
    await users.saveUserCallback({ id: "none" }, branch("compensate", action.metadata["dtm-gid"]));
    await users.saveUser({ ...aUser, id: "31", name: "Late" }, action);
    await expect(users.getUser({ id: "31" })).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  test("an action that took effect is not called undone when nobody knows which user it stored", async () => {
    const action = branch("action");
    await users.saveUser({ ...aUser, id: "32", name: "Known" }, action);
    const undo = branch("compensate", action.metadata["dtm-gid"]);
    await expect(users.saveUserCallback({ id: "none" }, undo)).rejects.toMatchObject({
      code: status.UNKNOWN,
    });
    await users.saveUserCallback({ id: "32" }, undo);
    await expect(users.getUser({ id: "32" })).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  test("and a request that no coordinator made is refused", async () => {
    await expect(users.saveUserCallback({ id: "none" })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });
});

test("only a coordinator may save; anybody may ask, if it is for an id", async () => {
  await expect(users.saveUser({ ...aUser, id: "3", name: "Tri" })).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringMatching(/^invalid trans info/),
  });
  await expect(users.getUser({ id: "3" })).rejects.toMatchObject({ code: status.NOT_FOUND });
  await expect(users.getUser({ id: "abc" })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  await expect(users.findByName({ name: "" })).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test("it is healthy by gRPC's standard health service", async () => {
  const health = lockstep.service(Health, service.address);
  for (const name of ["", "user.User"]) expect((await health.check({ service: name })).status).toBe(1);
  await expect(health.check({ service: "other" })).rejects.toMatchObject({ code: status.NOT_FOUND });
});
