// Goal: a coordinator that is killed at any moment forgets nothing it accepted and repeats nothing in effect (I8).
// Method: the real command on SQLite under load, killed with -9 while branches are running, 20 times; the branches
// run the SDK's barrier on a real database, whose effects are counted at the end.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AccountsService, isRefused } from "./accounts-service.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

const KILL_COUNT = 20;
const CALLER_COUNT = 12;
const SETTLE_MS_MAX = 60_000;

let accounts: AccountsService;
let folder: string;
beforeAll(async () => {
  accounts = await AccountsService.open();
  folder = await mkdtemp(join(tmpdir(), "lockstep-crash-"));
});
afterAll(async () => {
  await accounts.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(httpPort: number): Promise<CoordinatorProcess> {
  const env = { LOCKSTEP_RETRY_BASE_MS: "50" };
  return startCoordinator({ store: `sqlite:${join(folder, "lockstep.db")}`, httpPort, env });
}

/** Submits until the coordinator answers: a lost answer says nothing, and the gid makes the repeat safe. */
async function submit(url: string, gid: string, isOver: () => boolean): Promise<boolean> {
  const steps = [1, 2].map((n) => ({ action: `${accounts.url}/a${n}`, compensate: `${accounts.url}/c${n}` }));
  const wait_result = gid.length % 2 === 0;
  const body = JSON.stringify({ gid, trans_type: "saga", wait_result, steps, payloads: ["{}", "{}"] });
  while (!isOver()) {
    try {
      const response = await fetch(`${url}/api/dtmsvr/submit`, { method: "POST", body });
      const text = await response.text();
      if ([200, 409, 425].includes(response.status)) return true;
      if (response.status !== 503) throw new Error(`submit answered ${response.status} ${text}`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch's own: the connection is gone
    }
    await delay(5);
  }
  return false;
}

async function statusOf(url: string, gid: string): Promise<string | undefined> {
  const response = await fetch(`${url}/api/dtmsvr/query?gid=${gid}`);
  const { transaction } = (await response.json()) as { transaction: { status: string } | null };
  return transaction?.status;
}

test(`killed ${KILL_COUNT} times under load: all that was accepted ends, and takes effect once`, async () => {
  let coordinator = await start(0);
  const { url, httpPort } = coordinator;
  const accepted: string[] = [];
  let isOver = false;
  let made = 0;
  const callers = Array.from({ length: CALLER_COUNT }, async () => {
    while (!isOver) {
      const gid = `crash-${++made}`;
      if (await submit(url, gid, () => isOver)) accepted.push(gid);
    }
  });

  for (let kill = 0; kill < KILL_COUNT; kill += 1) {
    // A different moment each time: some calls in, with the last one still running.
    for (let call = 0; call <= kill; call += 1) await accounts.nextCall();
    await coordinator.kill();
    coordinator = await start(httpPort);
  }
  isOver = true;
  await Promise.all(callers);

  const ends = new Map<string, string>();
  const deadline = performance.now() + SETTLE_MS_MAX;
  for (const gid of accepted) {
    for (let status = await statusOf(url, gid); ; status = await statusOf(url, gid)) {
      expect(status, `${gid} was accepted and must be there`).toBeDefined();
      if (status === "succeed" || status === "failed") {
        ends.set(gid, status);
        break;
      }
      expect(performance.now(), `${gid} is still ${status}`).toBeLessThan(deadline);
      await delay(20);
    }
  }
  expect(await coordinator.stop()).toBe(0);

  expect(accepted.length).toBeGreaterThan(KILL_COUNT);
  for (const [gid, status] of ends) {
    const refused = isRefused(Number(gid.split("-").at(-1)));
    expect({ gid, status }).toEqual({ gid, status: refused ? "failed" : "succeed" });
    const effects = refused ? ["01 action", "01 compensate"] : ["01 action", "02 action"];
    expect({ gid, effects: accounts.effectsOf(gid) }).toEqual({ gid, effects });
  }
  // The control: kills did make the coordinator repeat calls; the barrier made them harmless.
  expect(accounts.callCount).toBeGreaterThan(2 * accepted.length);
}, 180_000);
