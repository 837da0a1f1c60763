// Goal: a coordinator whose etcd is away starts and works, says that it is not announced, and is announced later.
// Method: the real command, and a real etcd of its own that is killed before the start and started again.
import { Directory } from "@lockstep/discovery";
import { startEtcd } from "@lockstep/testkit/servers";
import { expect, test } from "vitest";
import { BranchServer } from "./branch-server.ts";
import { submit } from "./caller.ts";
import { startCoordinator } from "./coordinator-process.ts";

const KEY = "away-test";

test("with etcd away at the start", async ({ skip }) => {
  const etcd = await startEtcd();
  if (etcd.pid === undefined) return skip("needs an etcd of its own");
  await using opened = new AsyncDisposableStack();
  opened.defer(() => etcd.stop());
  await etcd.kill();
  const coordinator = await startCoordinator({
    store: "memory:",
    env: {
      MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
      MICRO_SERVICE_TARGET: `etcd://${etcd.endpoint}/${KEY}`,
      MICRO_SERVICE_END_POINT: "localhost:0",
    },
  });
  opened.defer(async () => void (await coordinator.stop()));
  const branch = await BranchServer.start({ open: true });
  opened.defer(() => branch.stop());
  const ready = async () => (await fetch(`${coordinator.url}/api/ready`)).json();

  expect(await ready()).toEqual({
    msg: "ready",
    detail: expect.stringMatching(
      /^localhost:\d+ is not announced: etcd at .* could not be used to announce/,
    ),
  });
  expect(coordinator.log()).toContain("until then others do not find it");
  expect(
    (await submit(coordinator.url, { gid: "meanwhile", branches: [branch.url], waitS: 10 })).status,
  ).toBe(200);

  await etcd.restart();
  await expect.poll(ready, { timeout: 20_000 }).toEqual({ msg: "ready" });
  const directory = new Directory();
  opened.defer(() => directory.close());
  const found = directory.find(`etcd://${etcd.endpoint}/${KEY}`);
  expect(await found.pick()).toBe(`localhost:${coordinator.grpcPort}`);
  expect(coordinator.log()).toContain(`is announced to etcd://${etcd.endpoint}/${KEY} now`);
}, 60_000);
