// Goal: a message that was accepted is not forgotten at any step, wherever the coordinator is killed (I8): it is asked,
// submitted and carried out, and its steps take effect once.
// Method: the real command on SQLite, killed with -9 at each step; the steps run the SDK's barrier on a real database.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AccountsService } from "./accounts-service.ts";
import { BranchServer } from "./branch-server.ts";
import { statusOf } from "./caller.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

let folder: string;
let accounts: AccountsService;
let checkBack: BranchServer;
let coordinator: CoordinatorProcess;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-msg-"));
  accounts = await AccountsService.open();
  checkBack = await BranchServer.start({ open: false });
  await start();
});
afterEach(async () => {
  await coordinator.kill();
  await checkBack.stop();
  await accounts.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const env = { LOCKSTEP_RETRY_BASE_MS: "50" };
  coordinator = await startCoordinator({ store: `sqlite:${join(folder, "lockstep.db")}`, env });
}

/** As a power cut, and the power comes back. */
async function killAndStart(): Promise<void> {
  expect(await coordinator.kill()).toBe("SIGKILL");
  await start();
}

async function ask(operation: string, gid: string, more: object = {}): Promise<void> {
  const steps = [1, 2].map((n) => ({ action: `${accounts.url}/a${n}` }));
  const own = { gid, trans_type: "msg", query_prepared: checkBack.url, steps, payloads: ["{}", "{}"] };
  const body = JSON.stringify({ ...own, ...more });
  const response = await fetch(`${coordinator.url}/api/dtmsvr/${operation}`, { method: "POST", body });
  expect({ status: response.status, body: await response.text() }).toEqual({
    status: 200,
    body: '{"dtm_result":"SUCCESS"}',
  });
}

const ends = (gid: string) => expect.poll(() => statusOf(coordinator.url, gid)).toBe("succeed");

test("killed after the prepare, while the check-back is out, and while a step is out", async () => {
  await ask("prepare", "msg-1", { timeout_to_fail: 1 });
  await killAndStart();
  await checkBack.called(1);
  await killAndStart();
  await checkBack.called(2);
  const hold = accounts.holdAfter(0);
  checkBack.open();
  // The second step waits for the first, so the call that is held is the first step's.
  expect((await hold.caught((gid) => gid === "msg-1")).name).toBe("msg-1 01 action");
  hold.keepNoMore();
  await killAndStart();
  hold.release();
  await ends("msg-1");
  expect(accounts.effectsOf("msg-1")).toEqual(["01 action", "02 action"]);
  // The control: the killed coordinator never heard the answer, so the step was called again.
  expect(accounts.callCountOf("msg-1 01 action")).toBeGreaterThan(1);
});

test("killed between the prepare and the submit, and during the delay", async () => {
  await ask("prepare", "msg-2");
  await killAndStart();
  await ask("submit", "msg-2", { custom_data: '{"delay":1}' });
  await killAndStart();
  await ends("msg-2");
  expect(accounts.effectsOf("msg-2")).toEqual(["01 action", "02 action"]);
  expect(checkBack.callCount).toBe(0);
});
