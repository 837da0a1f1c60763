import { Directory } from "@lockstep/discovery";
import { LockstepError } from "@lockstep/protocol";
import { describe, expect, test, vi } from "vitest";
import { GrpcCoordinator } from "./coordinator/grpc-coordinator.ts";
import { HttpCoordinator } from "./coordinator/http-coordinator.ts";
import { json, startRecording } from "./fixture/recording-server.ts";
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

  test.for([["http://127.0.0.1:1"], ["grpc://127.0.0.1:1"], ["etcd://127.0.0.1:1/dtmservice"]])(
    "is closed once, however often it is told to, and says so of every later call: %s",
    async ([target = ""]) => {
      const lockstep = new Lockstep(target);
      await Promise.all([lockstep.close(), lockstep.close()]);
      await lockstep.close();
      await lockstep.coordinator.close();
      const closed = { code: "unavailable", message: expect.stringContaining("is closed") };
      await expect(lockstep.newGid()).rejects.toMatchObject(closed);
      const saga = lockstep.saga({ gid: "g1" }).step({ action: "http://b/1" });
      await expect(saga.submit()).rejects.toMatchObject(closed);
    },
  );

  test("closes its directory even when its coordinator cannot be closed", async () => {
    const lockstep = new Lockstep("http://127.0.0.1:1");
    lockstep.coordinator.close = () => Promise.reject(new Error("stuck"));
    const closing = vi.spyOn(Directory.prototype, "close");
    await expect(lockstep.close()).rejects.toThrow("stuck");
    expect(closing).toHaveBeenCalledTimes(1);
    closing.mockRestore();
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
