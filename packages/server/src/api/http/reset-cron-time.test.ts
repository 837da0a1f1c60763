// Goal: dtm's resetCronTime (protocol 1.10, scenario 44) makes the next attempt of those that wait long, and of no others.
// Method: real sockets, the real engine on the memory store, branches that answer ONGOING.
import { transGlobalOf } from "@lockstep/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TransactionSummary } from "../../engine/ports.ts";
import type { EpochMs } from "../../transaction/model.ts";
import { startTestCoordinator, type TestCoordinator } from "../coordinator-fixture.ts";
import type { Door } from "../door.ts";
import { actOnDueLater } from "../due-later-bulk.ts";
import { BULK_TRANSACTIONS_MAX, DUE_LATER_LOOKED_AT_MAX, PAGE_ROWS_MAX } from "../limits.ts";
import { oneStep } from "../request-fixture.ts";
import { startHttpDoor } from "./http-door.ts";

let coordinator: TestCoordinator;
let door: Door;

beforeEach(async () => {
  coordinator = startTestCoordinator();
  const { operations, log } = coordinator;
  door = await startHttpDoor({ operations, log, host: "127.0.0.1", port: 0 });
});

afterEach(async () => {
  await door.stop();
  await coordinator[Symbol.asyncDispose]();
});

async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${door.address.port}/api/dtmsvr/${path}`, init);
  return { status: response.status, body: await response.text() };
}

/** Submits sagas whose branch is asked again in so many seconds, and waits until they wait for that. */
async function waiting(gids: readonly string[], retryIntervalS: number): Promise<void> {
  for (const gid of gids) {
    const body = transGlobalOf(oneStep("http://b/ongoing", { gid, options: { retryIntervalS } }));
    await ask("submit", { method: "POST", body });
    const seen = async () => (await coordinator.engine.load(gid as never))?.waitsFor?.nextAt;
    await expect.poll(seen).toEqual(expect.any(Number));
  }
}

const callsOf = (gid: string): number => coordinator.calls.filter((call) => call.gid === gid).length;

test("counts with limit; has_remaining (scenario 44)", async () => {
  await waiting(["late-1", "late-2", "late-3"], 600);
  await waiting(["soon"], 60);
  const body = transGlobalOf(oneStep("http://b/ongoing", { gid: "prepared" }));
  await ask("prepare", { method: "POST", body });
  // The default of `timeout` is three times TimeoutToFail: 105 s.
  expect(await ask("resetCronTime?limit=2")).toEqual({
    status: 200,
    body: '{"has_remaining":true,"succeed_count":2}',
  });
  await expect.poll(() => callsOf("late-3") + callsOf("late-2")).toBe(4);
  expect(callsOf("late-1")).toBe(1);
  expect(callsOf("soon")).toBe(1);
  expect(coordinator.lines).toContainEqual(
    expect.objectContaining({
      event: "a person acted on a transaction",
      fields: expect.objectContaining({
        gid: "late-3",
        action: "retryNow",
        actor: "http 127.0.0.1",
        reason: "resetCronTime",
      }),
    }),
  );
});

test("has_remaining is precise, and a timeout of the caller's own counts", async () => {
  await waiting(["a", "b"], 600);
  expect((await ask("resetCronTime?timeout=1000")).body).toBe('{"has_remaining":false,"succeed_count":0}');
  expect((await ask("resetCronTime?limit=2&timeout=300")).body).toBe(
    '{"has_remaining":false,"succeed_count":2}',
  );
  await expect.poll(() => callsOf("a") + callsOf("b")).toBe(4);
  await coordinator.operations.forceStop(oneStep("", { gid: "a" }), { actor: "me", roles: [] });
  await expect
    .poll(async () => (await ask("resetCronTime?timeout=300")).body)
    .toBe('{"has_remaining":false,"succeed_count":1}');
});

test.for([
  ["timeout=soon", "convert to int error"],
  ["timeout=-1", "convert to int error"],
  ["limit=0", "limit is 0; it must be from 1"],
  [`limit=${BULK_TRANSACTIONS_MAX + 1}`, "it must be from 1"],
] as const)("%s is refused", async ([query, problem]) => {
  const { status, body } = await ask(`resetCronTime?${query}`);
  expect({ status, body }).toEqual({ status: 400, body: expect.stringContaining(problem) });
});

test("I10: looks at so many, lets other work go on between the pages, and says that there may be more", async () => {
  let pages = 0;
  let turnsOfOthers = 0;
  let other = setImmediate(function work() {
    turnsOfOthers += 1;
    other = setImmediate(work);
  });
  const summary = { progress: { nextRunAt: 0 } } as TransactionSummary;
  const engine = {
    now: () => 0 as EpochMs,
    list: () => {
      pages += 1;
      return Promise.resolve({
        found: Array.from({ length: PAGE_ROWS_MAX }, () => summary),
        nextBeforeId: 1,
      });
    },
  };
  const found = await actOnDueLater(engine, { laterThanMs: 0, limit: 1 }, () => {
    throw new Error("nothing is due late");
  });
  clearImmediate(other);
  expect(turnsOfOthers).toBeGreaterThanOrEqual(pages - 1);
  expect(found).toEqual({ done: 0, hasMore: true });
  expect(pages).toBe(DUE_LATER_LOOKED_AT_MAX / PAGE_ROWS_MAX);
});
