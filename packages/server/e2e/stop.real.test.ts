// Goal: a registry that hangs does not keep a coordinator from stopping, and a coordinator that stops says so at once.
// Method: the real command announced in a real etcd of its own, which a signal makes stand still.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EtcdServer, startEtcd } from "@lockstep/testkit/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RETIRE_MS_MAX } from "../src/api/limits.ts";
import { BranchServer } from "./branch-server.ts";
import { submit } from "./caller.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

let etcd: EtcdServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-stop-"));
  etcd = await startEtcd();
});
afterAll(async () => {
  await etcd.stop();
  await rm(folder, { recursive: true, force: true });
});

function start(name: string): Promise<CoordinatorProcess> {
  const port = etcd.endpoint.split(":")[1];
  const env = {
    LOCKSTEP_DRAIN_MS: "0",
    LOCKSTEP_BRANCH_TIMEOUT_MS: "60000",
    MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
    // Two endpoints, each with a time limit of its own.
    MICRO_SERVICE_TARGET: `etcd://${etcd.endpoint},localhost:${port}/stop-test-${name}`,
    MICRO_SERVICE_END_POINT: "localhost:0",
  };
  return startCoordinator({ store: `sqlite:${join(folder, name)}.db`, env });
}

/** The status of an answer; 0 where nobody listens any more. */
async function statusOf(answer: Promise<{ readonly status: number }>): Promise<number> {
  return answer.then(
    ({ status }) => status,
    () => 0,
  );
}

test("with an etcd that hangs: not ready at once, no new work after a while, and 0 in the end", async ({
  skip,
}) => {
  const { pid } = etcd;
  if (pid === undefined) return skip("needs an etcd of its own");
  const coordinator = await start("hangs");
  const branch = await BranchServer.start({ open: false });
  const waiting = submit(coordinator.url, { gid: "waits", branches: [branch.url], waitS: 30 });
  await branch.called(1);
  process.kill(pid, "SIGSTOP");
  try {
    coordinator.signal("SIGTERM");
    await expect.poll(() => coordinator.log(), { interval: 10 }).toContain('"stopping"');
    // On a busy machine this request may come so late that nobody listens any more.
    expect([503, 0]).toContain(await statusOf(fetch(`${coordinator.url}/api/ready`)));
    let count = 0;
    await expect
      .poll(
        () => {
          count += 1;
          return statusOf(submit(coordinator.url, { gid: `late-${count}`, branches: [""] }));
        },
        { interval: 50 },
      )
      .not.toBe(200);
    expect((await waiting).status).toBe(425);
    expect(await coordinator.ended).toBe(0);
    expect(coordinator.log()).toContain("could not be taken back");
  } finally {
    process.kill(pid, "SIGCONT");
    await branch.stop();
  }
});

test("with an etcd that answers, a stop waits for nothing", async () => {
  const stopMs = async (): Promise<number> => {
    const coordinator = await start("answers");
    expect(await coordinator.stop()).toBe(0);
    const [beganAt = 0, endedAt = 0] = ["stopping", "stopped"].map((event) => {
      const lines = coordinator.log().split("\n");
      const line = lines.find((text) => text.includes(`"${event}"`)) ?? "{}";
      return Date.parse((JSON.parse(line) as { time: string }).time);
    });
    return endedAt - beganAt;
  };
  // A stop that always waits for RETIRE_MS_MAX is never shorter. On a busy machine some are longer: then it looks again.
  await expect.poll(stopMs).toBeLessThan(RETIRE_MS_MAX);
});
