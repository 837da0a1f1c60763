// Goal: when somebody sets the machine's clock, no op is called twice and nothing comes later than by its own delay,
// while a coordinator runs and over its restart (I6).
// Method: the real command on SQLite under libfaketime. No time is measured: a saga that begins after the step and
// waits some seconds is the mark by which everything older must have happened. Without the rule it comes 30 s late,
// an hour late, or twice.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExpectStatic, test } from "vitest";
import { statusOf, submit } from "./caller.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";
import { WallClock } from "./wall-clock.ts";

const HOUR_S = 3_600;
/** Shorter than the step, so that a lease by the wall clock would have run out; else as long as a busy machine needs. */
const leaseMsOf = (stepS: number): number => Math.min(60_000, Math.abs(stepS) * 1_000 - 1_000);
/** Recovery looks many times before the mark is reached. */
const POLL_MS = 50;
const RETRY_S = 1;
const LIMIT_S = 2;
/** Later than every delay above, and earlier than any of them plus the smallest step. */
const MARK_S = 4;

/** Branches by their path: `/out` waits until it is let go, `/unclear` has no answer at first, `/never` never has. */
class Branches {
  /** The paths that were called, in their order. */
  readonly calls: string[] = [];
  readonly #waiting = new Set<ServerResponse>();
  readonly #server = createServer((request, response) => this.#take(request, response));
  #isHeld = true;

  static async open(): Promise<Branches> {
    const branches = new Branches();
    branches.#server.listen(0, "127.0.0.1");
    await once(branches.#server, "listening");
    return branches;
  }

  url(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  countOf(path: string): number {
    return this.calls.filter((call) => call === path).length;
  }

  letGo(): void {
    this.#isHeld = false;
    for (const response of this.#waiting) response.end("{}");
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const [path = ""] = request.url?.split("?") ?? [];
    this.calls.push(path);
    if (path.startsWith("/out") && this.#isHeld) {
      this.#waiting.add(response);
      return;
    }
    const isUnclear = path.startsWith("/unclear") && this.countOf(path) === 1;
    response.statusCode = isUnclear || path === "/never/action" ? 500 : 200;
    response.end("{}");
  }
}

interface World {
  /** The test's own: other tests run at the same time. */
  readonly expect: ExpectStatic;
  readonly clock: WallClock;
  readonly branches: Branches;
  start(): Promise<CoordinatorProcess>;
}

async function inWorld(
  expect: ExpectStatic,
  stepS: number,
  play: (world: World) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-clock-"));
  const branches = await Branches.open();
  const started: CoordinatorProcess[] = [];
  try {
    const clock = await WallClock.in(folder);
    const env = {
      ...clock.env,
      LOCKSTEP_LEASE_MS: `${leaseMsOf(stepS)}`,
      // The call that is out must not end by itself.
      LOCKSTEP_BRANCH_TIMEOUT_MS: `${leaseMsOf(stepS) - 1_000}`,
      LOCKSTEP_POLL_MS: `${POLL_MS}`,
    };
    const start = async (): Promise<CoordinatorProcess> => {
      const coordinator = await startCoordinator({ store: `sqlite:${join(folder, "lockstep.db")}`, env });
      started.push(coordinator);
      return coordinator;
    };
    await play({ expect, clock, branches, start });
  } finally {
    for (const coordinator of started) await coordinator.kill();
    await branches.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A saga that is out, one that waits for its next try, and one that waits for its time limit. */
async function submitAll({ url }: CoordinatorProcess, { branches, expect }: World): Promise<void> {
  await submit(url, { gid: "out", branches: [branches.url("out")] });
  const unclear = { gid: "unclear", branches: [branches.url("unclear")] };
  await submit(url, { ...unclear, more: { retry_interval: RETRY_S } });
  const never = { gid: "never", branches: [branches.url("never")] };
  await submit(url, { ...never, more: { retry_interval: MARK_S, timeout_to_fail: LIMIT_S } });
  await expect.poll(() => branches.countOf("/out/action")).toBe(1);
  for (const gid of ["unclear", "never"]) await expect.poll(() => waitsForItsNextTry(url, gid)).toBe(true);
}

async function waitsForItsNextTry(url: string, gid: string): Promise<boolean> {
  const response = await fetch(`${url}/api/dtmsvr/query?gid=${gid}`);
  const { transaction } = (await response.json()) as { transaction: { next_cron_interval?: number } };
  return transaction.next_cron_interval !== undefined;
}

/** What was called before a saga that begins now, and waits for some seconds, has come to its end. */
async function callsUntilMark(
  { url }: CoordinatorProcess,
  { branches, expect }: World,
): Promise<readonly string[]> {
  const mark = { gid: "mark", branches: [branches.url("unclear-mark")] };
  await submit(url, { ...mark, more: { retry_interval: MARK_S } });
  await expect.poll(() => branches.countOf("/unclear-mark/action")).toBe(2);
  return branches.calls.slice(0, branches.calls.lastIndexOf("/unclear-mark/action"));
}

const count = (calls: readonly string[], path: string): number =>
  calls.filter((call) => call === path).length;

async function expectAllEnded({ url }: CoordinatorProcess, { expect }: World): Promise<void> {
  const ends = { out: "succeed", unclear: "succeed", never: "failed", mark: "succeed" };
  for (const [gid, status] of Object.entries(ends)) {
    await expect.poll(async () => ({ gid, status: await statusOf(url, gid) })).toEqual({ gid, status });
  }
}

const STEPS_S = [-30, -HOUR_S, 20, HOUR_S, 25 * HOUR_S];

test.concurrent.for(STEPS_S)("set by %i s while ops are out", (stepS, { expect }) =>
  inWorld(expect, stepS, async (world) => {
    const { clock, branches, start } = world;
    const coordinator = await start();
    await submitAll(coordinator, world);
    clock.set(stepS);
    const calls = await callsUntilMark(coordinator, world);
    // No op twice: nobody took over what is driven here.
    expect(count(calls, "/out/action")).toBe(1);
    // Nothing late: the next try and the time limit came before the mark.
    expect(count(calls, "/unclear/action")).toBe(2);
    expect(count(calls, "/never/compensate")).toBe(1);
    branches.letGo();
    await expectAllEnded(coordinator, world);
    expect(branches.countOf("/out/action")).toBe(1);
    expect(branches.countOf("/unclear/action")).toBe(2);
    expect(await coordinator.stop()).toBe(0);
    expect(coordinator.log()).not.toMatch(/"level":"error"|lost a transaction|took over a transaction/);
  }),
);

test.concurrent.for(STEPS_S)("set by %i s over a kill and a restart", (stepS, { expect }) =>
  inWorld(expect, stepS, async (world) => {
    const { clock, branches, start } = world;
    const killed = await start();
    await submitAll(killed, world);
    await killed.kill();
    clock.set(stepS);
    const coordinator = await start();
    const calls = await callsUntilMark(coordinator, world);
    // The answer to the call that was out is lost with the process: it is asked again once, and soon.
    expect(count(calls, "/out/action")).toBe(2);
    expect(count(calls, "/unclear/action")).toBe(2);
    expect(count(calls, "/never/compensate")).toBe(1);
    branches.letGo();
    await expectAllEnded(coordinator, world);
    expect(branches.countOf("/out/action")).toBe(2);
    expect(branches.countOf("/unclear/action")).toBe(2);
    expect(await coordinator.stop()).toBe(0);
  }),
);
