// Goal: a coordinator that stood still for longer than its leases (a laptop that slept, a container that was frozen)
// goes on as if nothing had been (I6), and no branch takes effect twice.
// Method: the real command on SQLite, stopped by SIGSTOP in the middle of sagas; real barriers, whose effects count.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AccountsService, isRefused } from "./accounts-service.ts";
import { statusOf, submit } from "./caller.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

const LEASE_MS = 1_000;
const SAGA_COUNT = 40;
/** Longer than a busy machine needs for all of them. */
const WAIT_S = 50;

let accounts: AccountsService;
let folder: string;
let coordinator: CoordinatorProcess | undefined;
beforeAll(async () => {
  accounts = await AccountsService.open();
  folder = await mkdtemp(join(tmpdir(), "lockstep-stall-"));
});
afterAll(async () => {
  await coordinator?.kill();
  await accounts.close();
  await rm(folder, { recursive: true, force: true });
});

test("stopped in the middle of sagas for longer than the lease, and continued", async () => {
  const env = {
    LOCKSTEP_LEASE_MS: `${LEASE_MS}`,
    LOCKSTEP_BRANCH_TIMEOUT_MS: "500",
    LOCKSTEP_RETRY_BASE_MS: "50",
    LOCKSTEP_WAIT_MS_MAX: `${WAIT_S * 1_000}`,
  };
  coordinator = await startCoordinator({ store: `sqlite:${join(folder, "lockstep.db")}`, env });
  const { url } = coordinator;
  const gids = Array.from({ length: SAGA_COUNT }, (_, number) => `stall-${number}`);
  const hold = accounts.holdAfter(SAGA_COUNT / 2);
  const answers = gids.map((gid) =>
    submit(url, { gid, branches: [accounts.url, accounts.url], waitS: WAIT_S }),
  );
  await hold.caught(() => true);
  coordinator.signal("SIGSTOP");
  // The span itself is what is tested: nothing can be heard from a process that stands still.
  await delay(1.5 * LEASE_MS);
  hold.release();
  coordinator.signal("SIGCONT");

  for (const [number, gid] of gids.entries()) {
    const answer = await answers[number];
    expect({ gid, status: answer?.status }).toEqual({ gid, status: isRefused(number) ? 409 : 200 });
    // Who is refused may hear of it while a compensation is still asked again.
    await expect.poll(() => statusOf(url, gid)).toBe(isRefused(number) ? "failed" : "succeed");
    const effects = isRefused(number) ? ["01 action", "01 compensate"] : ["01 action", "02 action"];
    expect({ gid, effects: accounts.effectsOf(gid) }).toEqual({ gid, effects });
  }
  expect(await coordinator.stop()).toBe(0);
  expect(coordinator.log()).not.toContain('"level":"error"');
});
