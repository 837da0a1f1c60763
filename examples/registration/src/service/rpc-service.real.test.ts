// Goal: the log and the health service say once that the cache is away, and once that it is back.
// Method: user-rpc on SQLite and its own Redis, which the test kills and starts again.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis } from "@lockstep/testkit/servers";
import { Lockstep } from "lockstep";
import { expect, test } from "vitest";
import { until } from "../../e2e/until.ts";
import { Health } from "../gen/health_pb.ts";
import { User } from "../gen/user_pb.ts";
import { parseUserRpcConfig, startUserRpc } from "../user-rpc/user-rpc.ts";
import type { ServiceLog } from "./service-log.ts";

const SERVING = 1;
const NOT_SERVING = 2;

test("the cache away, and back", async () => {
  await using redis = await startRedis();
  const folder = await mkdtemp(join(tmpdir(), "lockstep-cache-away-"));
  const lines: string[] = [];
  const note = (event: string): void => void lines.push(event);
  const log: ServiceLog = { info: note, warn: note, error: note };
  const config = parseUserRpcConfig({
    env: {
      LISTEN_ON: "127.0.0.1:0",
      DATABASE_URL: `sqlite:${join(folder, "user.db")}`,
      CACHE_URL: `redis://${redis.host}:${redis.port}`,
    },
  });
  const service = await startUserRpc(config, log);
  await using lockstep = new Lockstep("http://127.0.0.1:1");
  const health = lockstep.service(Health, service.address);
  const users = lockstep.service(User, service.address);
  const healthIs = (service: string, status: number): Promise<true> =>
    until(`"${service}" is ${status}`, async () =>
      (await health.check({ service })).status === status ? true : undefined,
    );
  try {
    await healthIs("cache", SERVING);
    expect(lines).toEqual([]);

    await redis.kill();
    await healthIs("cache", NOT_SERVING);
    await healthIs("user.User", SERVING);
    const metadata = { "dtm-gid": "g", "dtm-trans_type": "saga", "dtm-branch_id": "01", "dtm-op": "action" };
    for (let id = 1; id <= 5; id++) {
      // A missing user is read without the cache. A new user is stored, but the call must be repeated until the cache
      // has dropped the key.
      await expect(users.getUser({ id: `${id}` })).rejects.toMatchObject({ code: 5 });
      const call = users.saveUser(
        { id: `${id}`, name: `U ${id}` },
        { metadata: { ...metadata, "dtm-gid": `g${id}` } },
      );
      await expect(call).rejects.toMatchObject({ code: 2 });
    }
    expect(lines).toEqual(["the cache does not answer"]);

    await redis.restart();
    await healthIs("cache", SERVING);
    expect(lines).toEqual(["the cache does not answer", "the cache answers again"]);
  } finally {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
