// Goal: a tcc, an xa or a workflow that was accepted is not forgotten at any step, wherever the coordinator is killed
// (I2, I8): what was decided is carried out, what nobody decided is undone when its time is up, and all effects are one.
// Method: the real command on SQLite, killed with -9 at each step; the branches run the SDK's barrier on a real database.
// The test plays the caller: it has each branch of a tcc try, as the caller's SDK does.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AccountsService } from "./accounts-service.ts";
import { BranchServer } from "./branch-server.ts";
import { statusOf } from "./caller.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

let folder: string;
let accounts: AccountsService;
let coordinator: CoordinatorProcess;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-phase-two-"));
  accounts = await AccountsService.open();
  await start();
});
afterEach(async () => {
  await coordinator.kill();
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

async function ask(operation: string, body: object): Promise<void> {
  const init = { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${coordinator.url}/api/dtmsvr/${operation}`, init);
  expect({ status: response.status, body: await response.text() }).toMatchObject({ status: 200 });
}

async function registerAndTry(gid: string, branchId: string): Promise<void> {
  const urls = { confirm: `${accounts.url}/confirm`, cancel: `${accounts.url}/cancel` };
  await ask("registerBranch", { gid, trans_type: "tcc", branch_id: branchId, data: "{}", ...urls });
  const query = new URLSearchParams({ gid, trans_type: "tcc", branch_id: branchId, op: "try" });
  expect((await fetch(`${accounts.url}/try?${query}`, { method: "POST", body: "{}" })).status).toBe(200);
}

const ends = (gid: string, status: string) => expect.poll(() => statusOf(coordinator.url, gid)).toBe(status);

describe.each([
  ["submit", "confirm", "succeed"],
  ["abort", "cancel", "failed"],
] as const)("a tcc, %s", (decision, op, end) => {
  test(`killed at each step, and while ${op} is out`, async () => {
    const gid = `tcc-${op}-1`;
    const own = { gid, trans_type: "tcc" };
    await ask("prepare", own);
    await killAndStart();
    await registerAndTry(gid, "01");
    await killAndStart();
    await registerAndTry(gid, "02");
    const hold = accounts.holdAfter(0);
    await ask(decision, own);
    // The last branch has its turn first, so the other one's call is not made yet.
    expect((await hold.caught((found) => found === gid)).name).toBe(`${gid} 02 ${op}`);
    hold.keepNoMore();
    await killAndStart();
    hold.release();
    await ends(gid, end);
    expect(accounts.effectsOf(gid)).toEqual(["01 try", "02 try", `02 ${op}`, `01 ${op}`]);
    // The control: the killed coordinator never heard the answer, so the op was called again.
    expect(accounts.callCountOf(`${gid} 02 ${op}`)).toBeGreaterThan(1);
  });
});

test("a tcc that nobody submits is cancelled when its time is up, also after a death", async () => {
  const gid = "tcc-late-1";
  await ask("prepare", { gid, trans_type: "tcc", timeout_to_fail: 1 });
  await registerAndTry(gid, "01");
  await killAndStart();
  await ends(gid, "failed");
  expect(accounts.effectsOf(gid)).toEqual(["01 try", "01 cancel"]);
});

test("an xa is committed, killed while the first commit is out", async () => {
  const gid = "xa-1";
  const own = { gid, trans_type: "xa" };
  await ask("prepare", own);
  for (const branchId of ["01", "02"])
    await ask("registerBranch", { ...own, branch_id: branchId, url: `${accounts.url}/xa` });
  await killAndStart();
  const hold = accounts.holdAfter(0);
  await ask("submit", own);
  expect((await hold.caught((found) => found === gid)).name).toBe(`${gid} 01 commit`);
  hold.keepNoMore();
  await killAndStart();
  hold.release();
  await ends(gid, "succeed");
  expect(accounts.effectsOf(gid)).toEqual(["01 commit", "02 commit"]);
  expect(accounts.callCountOf(`${gid} 01 commit`)).toBeGreaterThan(1);
});

test("a workflow keeps its rows and its end, killed after each, and is called back while it has none", async () => {
  const caller = await BranchServer.start({ open: true });
  try {
    const own = { gid: "workflow-1", trans_type: "workflow" };
    const custom = JSON.stringify({ name: "order", data: null });
    await ask("prepareWorkflow", {
      ...own,
      query_prepared: caller.url,
      custom_data: custom,
      retry_interval: 1,
    });
    await killAndStart();
    await ask("registerBranch", {
      ...own,
      branch_id: "01",
      op: "action",
      status: "succeed",
      data: "reserved",
    });
    await killAndStart();
    await caller.called(1);
    const known = await fetch(`${coordinator.url}/api/dtmsvr/query?gid=workflow-1`);
    expect(await known.json()).toMatchObject({
      branches: [{ branch_id: "01", op: "action", status: "succeed", text: "reserved" }],
      transaction: { status: "prepared" },
    });
    await ask("submit", { ...own, req_extra: { status: "succeed", result: "Nw==" } });
    await killAndStart();
    const ended = await fetch(`${coordinator.url}/api/dtmsvr/query?gid=workflow-1`);
    expect(await ended.json()).toMatchObject({ transaction: { status: "succeed", result: "Nw==" } });
  } finally {
    await caller.stop();
  }
});
