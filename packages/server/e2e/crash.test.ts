// Goal: a coordinator that is killed at any moment forgets nothing it accepted and repeats nothing in effect (I8).
// Method: the real command on SQLite, killed with -9 twenty times, each time while the branches hold calls in the
// middle of their work; the branches run the SDK's barrier on a real database, whose effects are counted at the end.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AccountsService, isRefused, isShaky, numberOf } from "./accounts-service.ts";
import { statusOf } from "./caller.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

const KILL_COUNT = 20;
/** At least seven of these are plain (see `isPlain`). They make fourteen calls, which is more than are let pass. */
const SAGAS_PER_KILL = 24;
/** The kills come after 0, 1, … 9 further calls. */
const PASSING_COUNTS = 10;

const started: CoordinatorProcess[] = [];
let accounts: AccountsService;
let folder: string;
beforeAll(async () => {
  accounts = await AccountsService.open();
  folder = await mkdtemp(join(tmpdir(), "lockstep-crash-"));
});
afterAll(async () => {
  for (const coordinator of started) await coordinator.kill();
  await accounts.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<CoordinatorProcess> {
  const env = { LOCKSTEP_RETRY_BASE_MS: "50" };
  const coordinator = await startCoordinator({ store: `sqlite:${join(folder, "lockstep.db")}`, env });
  started.push(coordinator);
  return coordinator;
}

/** The callers of every second saga wait for its end. */
function isWaitedFor(number: number): boolean {
  return number % 2 === 0;
}

/** Whether the submit of a saga is answered before the saga ends, and all its calls succeed at the first try. */
function isPlain(gid: string): boolean {
  const number = numberOf(gid);
  return !isWaitedFor(number) && !isRefused(number) && !isShaky(number);
}

/**
 * Submits until a coordinator answers. When an answer is lost nobody knows whether the submit arrived; the gid makes
 * the repeat safe. `running` gives the coordinator that runs, or else the one that is started next.
 */
async function submit(gid: string, running: () => Promise<CoordinatorProcess>): Promise<void> {
  const steps = [1, 2].map((n) => ({ action: `${accounts.url}/a${n}`, compensate: `${accounts.url}/c${n}` }));
  const wait_result = isWaitedFor(numberOf(gid));
  const body = JSON.stringify({ gid, trans_type: "saga", wait_result, steps, payloads: ["{}", "{}"] });
  for (;;) {
    const { url } = await running();
    try {
      const response = await fetch(`${url}/api/dtmsvr/submit`, { method: "POST", body });
      const text = await response.text();
      if ([200, 409, 425].includes(response.status)) return;
      throw new Error(`submit answered ${response.status} ${text}`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch's own: the connection is gone
    }
  }
}

test(`killed ${KILL_COUNT} times under load: all that was accepted ends, and takes effect once`, async () => {
  let running = start();
  const accepted = new Map<string, Promise<void>>();
  const cutOff: string[] = [];

  for (let kill = 0; kill < KILL_COUNT; kill += 1) {
    const hold = accounts.holdAfter(kill % PASSING_COUNTS);
    for (let saga = 0; saga < SAGAS_PER_KILL; saga += 1) {
      const gid = `crash-${kill * SAGAS_PER_KILL + saga + 1}`;
      accepted.set(
        gid,
        submit(gid, () => running),
      );
    }
    const inTheMiddle = await hold.caught(isPlain);
    await accepted.get(inTheMiddle.gid);

    const killed = await running;
    const next = Promise.withResolvers<CoordinatorProcess>();
    running = next.promise;
    expect(await killed.kill()).toBe("SIGKILL");
    hold.keepNoMore();
    next.resolve(start());
    await running;
    // The calls of the killed coordinator go on only now, while its successor makes them again.
    hold.release();
    await expect.poll(() => hold.succeeded).toContain(inTheMiddle.name);
    cutOff.push(...hold.succeeded);
  }
  await Promise.all(accepted.values());

  const coordinator = await running;
  for (const gid of accepted.keys()) {
    expect(await statusOf(coordinator.url, gid), `${gid} was accepted and must be there`).toBeDefined();
    const refused = isRefused(numberOf(gid));
    await expect
      .poll(async () => ({ gid, status: await statusOf(coordinator.url, gid) }))
      .toEqual({ gid, status: refused ? "failed" : "succeed" });
    const effects = refused ? ["01 action", "01 compensate"] : ["01 action", "02 action"];
    expect({ gid, effects: accounts.effectsOf(gid) }).toEqual({ gid, effects });
  }
  expect(await coordinator.stop()).toBe(0);

  // The control: the killed coordinator never heard the answers to the calls that were held, so each of these calls
  // must have come again. Each has one effect nevertheless, which is the barrier's doing.
  expect(cutOff.length).toBeGreaterThanOrEqual(KILL_COUNT);
  expect(cutOff.filter((name) => accounts.callCountOf(name) < 2)).toEqual([]);
  // The limit only ends a test that hangs: a minute on a quiet machine is five beside four busy neighbours.
}, 900_000);
