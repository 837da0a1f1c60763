// Goal: when the disk fails, nothing is said to be accepted that is not stored (I8): the answer is 503, until it works.
// Method: the real command on SQLite files that may not grow, that are taken away, and that somebody else has open.
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BranchServer } from "./branch-server.ts";
import { countsOf, submit } from "./caller.ts";
import { startCoordinator } from "./coordinator-process.ts";

/** Room for some transactions with this payload, not for many. */
const FILE_BYTES_MAX = 400 * 1024;
const PAYLOAD = JSON.stringify("x".repeat(8_000));
const SAGA_COUNT = 60;

let folder: string;
let branch: BranchServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-disk-"));
  branch = await BranchServer.start({ open: true });
});
afterAll(async () => {
  await branch.stop();
  await rm(folder, { recursive: true, force: true });
});

test.skipIf(process.platform === "win32")(
  "a disk that is full: 503, what was accepted is there, and it stops with 0",
  async () => {
    const store = `sqlite:${join(folder, "full.db")}`;
    const env = { LOCKSTEP_LEASE_MS: "1000", LOCKSTEP_BRANCH_TIMEOUT_MS: "500" };
    const coordinator = await startCoordinator({ store, env, fileBytesMax: FILE_BYTES_MAX });
    const accepted: string[] = [];
    let refusedCount = 0;
    for (let number = 0; number < SAGA_COUNT; number += 1) {
      const gid = `full-${number}`;
      const { status, headers } = await submit(coordinator.url, {
        gid,
        branches: [branch.url],
        payload: PAYLOAD,
      });
      if (status === 200) {
        accepted.push(gid);
        continue;
      }
      refusedCount += 1;
      expect([status, headers.get("retry-after"), headers.get("lockstep-code")]).toEqual([
        503,
        "1",
        "unavailable",
      ]);
    }
    // The control: the limit was reached, and not at once.
    expect([accepted.length > 0, refusedCount > 0]).toEqual([true, true]);
    expect(coordinator.log()).toContain("look at the disk");
    expect(await countsOf(coordinator.url, accepted.slice(0, 1))).not.toHaveProperty("unknown");
    expect(await coordinator.stop()).toBe(0);

    const next = await startCoordinator({ store, env });
    await expect.poll(() => countsOf(next.url, accepted)).toEqual({ succeed: accepted.length });
    expect(await next.stop()).toBe(0);
  },
);

test.skipIf(process.platform === "win32")(
  "a file that is taken away: nothing is accepted that would be lost with it",
  async () => {
    const path = join(folder, "moved.db");
    const coordinator = await startCoordinator({ store: `sqlite:${path}` });
    const asked = (gid: string) => submit(coordinator.url, { gid, branches: [branch.url], waitS: 10 });
    expect((await asked("before")).status).toBe(200);
    await rename(path, `${path}.away`);
    expect(await asked("away")).toMatchObject({ status: 503 });
    expect((await fetch(`${coordinator.url}/api/ready`)).status).toBe(503);
    expect(coordinator.log()).toContain("moved, deleted or replaced");
    await rename(`${path}.away`, path);
    expect((await asked("back")).status).toBe(200);
    expect((await fetch(`${coordinator.url}/api/ready`)).status).toBe(200);
    expect(await coordinator.stop()).toBe(0);
  },
);

test("a file that another coordinator has open: the second says so and ends", async () => {
  const store = `sqlite:${join(folder, "shared.db")}`;
  const first = await startCoordinator({ store });
  await expect(startCoordinator({ store })).rejects.toThrow(
    /ended with 1: .*Another coordinator has .*shared\.db open/,
  );
  expect((await submit(first.url, { gid: "mine", branches: [branch.url], waitS: 10 })).status).toBe(200);
  expect(await first.stop()).toBe(0);
});
