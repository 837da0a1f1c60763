// Goal: a transaction that waits for a service without an instance goes on when discovery tells of one, and not at the end
//   of its pause.
// Method: the real command and a real etcd. The pause is ten minutes. The instance is the coordinator's own gRPC door.
import { announce } from "@lockstep/discovery";
import { startEtcd } from "@lockstep/testkit/servers";
import { expect, test } from "vitest";
import { startCoordinator } from "./coordinator-process.ts";

test("an instance that registers itself wakes who waits for it", async () => {
  const etcd = await startEtcd();
  const env = { LOCKSTEP_RETRY_BASE_MS: "600000", LOCKSTEP_RETRY_CAP_MS: "600000" };
  const coordinator = await startCoordinator({ store: "memory:", env });
  const key = `late-${coordinator.grpcPort}`;
  const query = async () => (await fetch(`${coordinator.url}/api/dtmsvr/query?gid=waits`)).text();
  try {
    const answer = await fetch(`${coordinator.url}/api/dtmsvr/submit`, {
      method: "POST",
      body: JSON.stringify({
        gid: "waits",
        trans_type: "saga",
        protocol: "grpc",
        steps: [{ action: `etcd://${etcd.endpoint}/${key}/dtmgimp.Dtm/NewGid`, compensate: "" }],
        bin_payloads: [""],
      }),
    });
    expect(answer.status).toBe(200);
    await expect.poll(query).toContain("No instance of");
    const target = `etcd://${etcd.endpoint}/${key}`;
    const announcement = await announce(target, `127.0.0.1:${coordinator.grpcPort}`);
    await expect.poll(query).toContain('"status":"succeed"');
    await announcement.stop();
  } finally {
    await coordinator.stop();
    await etcd.stop();
  }
});
