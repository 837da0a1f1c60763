// Goal: where etcd wants an account, the one in MicroService.Target is used to announce the coordinator and to find
//   branches, and a branch URL needs none.
// Method: the real command beside a real etcd that lets only one account in. The saga's branch is the coordinator itself,
//   found by the key under which it has announced itself.
import { startEtcd } from "@lockstep/testkit/servers";
import { expect, test } from "vitest";
import { startCoordinator } from "./coordinator-process.ts";

async function demandAccount(endpoint: string): Promise<void> {
  const asked: ReadonlyArray<readonly [string, object]> = [
    ["user/add", { name: "root", password: "s3cret" }],
    ["role/add", { name: "root" }],
    ["user/grant", { user: "root", role: "root" }],
    ["enable", {}],
  ];
  for (const [path, body] of asked) {
    const url = `http://${endpoint}/v3/auth/${path}`;
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
    expect([path, answer.status]).toEqual([path, 200]);
  }
}

test("a branch in an etcd with accounts is found with the account of MicroService.Target", async ({
  skip,
}) => {
  const etcd = await startEtcd();
  if (etcd.pid === undefined) return skip("needs an etcd of its own");
  await demandAccount(etcd.endpoint);
  const coordinator = await startCoordinator({
    store: "memory:",
    env: {
      MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
      MICRO_SERVICE_TARGET: `etcd://${etcd.endpoint}/dtmservice?user=root&password=s3cret`,
      MICRO_SERVICE_END_POINT: "127.0.0.1:0",
    },
  });
  try {
    const action = `etcd://${etcd.endpoint}/dtmservice/dtmgimp.Dtm/NewGid`;
    const answer = await fetch(`${coordinator.url}/api/dtmsvr/submit`, {
      method: "POST",
      headers: { prefer: "wait=10" },
      body: JSON.stringify({
        gid: "found",
        trans_type: "saga",
        protocol: "grpc",
        wait_result: true,
        steps: [{ action, compensate: "" }],
        bin_payloads: [""],
      }),
    });
    expect({ status: answer.status, text: await answer.text() }).toEqual({
      status: 200,
      text: '{"dtm_result":"SUCCESS"}',
    });
    expect(coordinator.log()).not.toContain("s3cret");
  } finally {
    await coordinator.stop();
    await etcd.stop();
  }
});
