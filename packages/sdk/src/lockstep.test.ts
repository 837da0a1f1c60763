import { LockstepError } from "@lockstep/protocol";
import { describe, expect, test } from "vitest";
import { json, startRecording } from "./fixture/recording-server.ts";
import { GrpcCoordinator } from "./grpc-coordinator.ts";
import { HttpCoordinator } from "./http-coordinator.ts";
import { Lockstep } from "./lockstep.ts";

describe("Lockstep", () => {
  test.for([
    ["http://localhost:36789", HttpCoordinator],
    ["HTTPS://localhost/api/dtmsvr", HttpCoordinator],
    ["grpc://localhost:36790", GrpcCoordinator],
    ["grpc://a:1,b:2/", GrpcCoordinator],
    ["etcd://localhost:2379/dtmservice", GrpcCoordinator],
    ["discov://a:2379,b:2379/dtmservice", GrpcCoordinator],
    ["direct:///a:1,b:2", GrpcCoordinator],
  ] as const)("finds its coordinator at %s", async ([target, kind]) => {
    await using lockstep = new Lockstep(target);
    expect(lockstep.coordinator).toBeInstanceOf(kind);
  });

  test.for(["localhost:36789", "", "redis://h:1", "grpc://", "grpc://h", "etcd://h:1", "http://"])(
    "refuses %j",
    (target) => {
      expect(() => new Lockstep(target)).toThrow(LockstepError);
    },
  );

  test("asks its coordinator for gids and results", async () => {
    await using server = await startRecording((response, _, { url }) => {
      if (url?.includes("newGid")) json(response, { dtm_result: "SUCCESS", gid: "g1" });
      else
        json(response, { transaction: { gid: "g1", trans_type: "saga", status: "succeed" }, branches: [] });
    });
    await using lockstep = new Lockstep(server.url);
    expect(await lockstep.newGid()).toBe("g1");
    expect((await lockstep.query("g1"))?.transaction.status).toBe("succeed");
  });

  test("leaves a coordinator open that it was given", async () => {
    const coordinator = new HttpCoordinator("http://127.0.0.1:1");
    let closed = false;
    const close = coordinator.close.bind(coordinator);
    coordinator.close = async () => {
      closed = true;
      await close();
    };
    await new Lockstep(coordinator).close();
    expect(closed).toBe(false);
    await coordinator.close();
  });
});
