// Goal: a coordinator that has too much to do refuses at the door, and accepts again afterwards (I10); a service that is
// down delays only the transactions that need it (I9).
// Method: the real command with small limits, branches that answer when the test lets them.

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { BranchServer } from "./branch-server.ts";
import { countsOf, statusOf, submit } from "./caller.ts";
import { type CoordinatorProcess, startCoordinator } from "./coordinator-process.ts";

const IN_FLIGHT_MAX = 3;
const WAITING_MAX = 4;
/** Longer than a busy machine needs, and shorter than a branch that hangs is waited for. */
const WAIT_S = 40;
const LIMITS = {
  LOCKSTEP_IN_FLIGHT_MAX: `${IN_FLIGHT_MAX}`,
  LOCKSTEP_WAITING_MAX: `${WAITING_MAX}`,
  LOCKSTEP_BRANCH_TIMEOUT_MS: "60000",
  LOCKSTEP_WAIT_MS_MAX: `${WAIT_S * 1_000}`,
  LOCKSTEP_RETRY_BASE_MS: "50",
};

const ends: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function aBranch(options: { readonly open: boolean }): Promise<BranchServer> {
  const branch = await BranchServer.start(options);
  ends.push(() => branch.stop());
  return branch;
}

async function aCoordinator(env: Readonly<Record<string, string>> = {}): Promise<CoordinatorProcess> {
  const coordinator = await startCoordinator({ store: "memory:", env: { ...LIMITS, ...env } });
  ends.push(() => coordinator.kill());
  return coordinator;
}

function named(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("I10: what is too much gets 503 and Retry-After, is not stored, and is taken afterwards", async () => {
  const branch = await aBranch({ open: false });
  const { url } = await aCoordinator();
  const gids = named("many", 20);
  const asked = (gid: string) => submit(url, { gid, branches: [branch.url, branch.url] });
  const answers = await Promise.all(gids.map(asked));

  const refused = gids.filter((_, number) => answers[number]?.status === 503);
  expect(refused).toHaveLength(gids.length - IN_FLIGHT_MAX - WAITING_MAX);
  for (const { status, body, headers } of answers) {
    if (status === 200) continue;
    expect(JSON.parse(body)).toMatchObject({
      code: "overloaded",
      message: expect.stringContaining("this request changed nothing"),
    });
    expect([headers.get("retry-after"), headers.get("lockstep-code")]).toEqual(["1", "overloaded"]);
  }
  expect(await countsOf(url, refused)).toEqual({ unknown: refused.length });

  branch.open();
  const accepted = gids.filter((gid) => !refused.includes(gid));
  await expect.poll(() => countsOf(url, accepted)).toEqual({ succeed: accepted.length });
  expect((await asked(refused[0] ?? "")).status).toBe(200);
});

test("I9: those who wait for a service that is down hold back nobody else", async () => {
  const healthy = await aBranch({ open: true });
  const { url } = await aCoordinator();
  const down = `http://127.0.0.1:${await closedPort()}`;
  // Far more than there are places; each is refused a place only while others are calling.
  const stuck = named("stuck", 60);
  for (const gid of stuck) {
    await expect.poll(async () => (await submit(url, { gid, branches: [down] })).status).toBe(200);
  }
  for (const gid of named("healthy", 10)) {
    const answer = await submit(url, { gid, branches: [healthy.url, healthy.url], waitS: WAIT_S });
    expect(answer).toMatchObject({ status: 200 });
  }
  expect(await countsOf(url, stuck)).toEqual({ submitted: stuck.length });
});

test("I9: those who call a service that hangs hold back nobody else", async () => {
  const hanging = await aBranch({ open: false });
  const healthy = await aBranch({ open: true });
  const { url } = await aCoordinator({ LOCKSTEP_CALLS_PER_DESTINATION_MAX: `${IN_FLIGHT_MAX - 1}` });
  // As many as there are places, and some more.
  const stuck = named("hung", IN_FLIGHT_MAX + 1);
  for (const gid of stuck) await submit(url, { gid, branches: [hanging.url] });
  await hanging.called(IN_FLIGHT_MAX - 1);
  for (const gid of named("healthy", 10)) {
    const answer = await submit(url, { gid, branches: [healthy.url], waitS: WAIT_S });
    expect(answer).toMatchObject({ status: 200 });
  }
  hanging.open();
  await expect.poll(() => countsOf(url, stuck)).toEqual({ succeed: stuck.length });
});

test("a caller who goes away while it waits leaves nothing behind", async () => {
  const branch = await aBranch({ open: false });
  const coordinator = await aCoordinator();
  const { url } = coordinator;
  const gone = new AbortController();
  const steps = [{ action: `${branch.url}/action` }];
  const body = JSON.stringify({
    gid: "left",
    trans_type: "saga",
    wait_result: true,
    steps,
    payloads: ["{}"],
  });
  const asking = fetch(`${url}/api/dtmsvr/submit`, { method: "POST", body, signal: gone.signal });
  await branch.called(1);
  gone.abort();
  await expect(asking).rejects.toThrow("aborted");
  branch.open();
  await expect.poll(() => statusOf(url, "left")).toBe("succeed");
  expect(coordinator.log()).toBe("");
});
