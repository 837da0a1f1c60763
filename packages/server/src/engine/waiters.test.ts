// Goal: a wait leaves nothing behind, however it ended.
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { Gid } from "../transaction/model.ts";
import { aSaga, saga } from "../transaction/saga/saga-fixture.ts";
import { aWorld, ManualClock, settled } from "./engine-fixture.ts";
import { Waiters } from "./waiters.ts";

const G1 = "g1" as Gid;

test("an answer ends the wait, its timer and its listener", async () => {
  const clock = new ManualClock();
  const waiters = new Waiters(clock);
  const caller = new AbortController();
  const { ended } = waiters.wait(G1, { waitMs: 1_000, signal: caller.signal });
  const final = aSaga();
  waiters.answer(final);
  expect(await ended).toBe(final);
  expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  expect(waiters.size).toBe(0);
});

test("one that gives up leaves the others who wait for the same", async () => {
  const waiters = new Waiters(new ManualClock());
  const [first, second] = [waiters.wait(G1, { waitMs: 1_000 }), waiters.wait(G1, { waitMs: 1_000 })];
  first.giveUp();
  expect([await first.ended, waiters.size]).toEqual([undefined, 1]);
  second.giveUp();
  expect([await second.ended, waiters.size]).toEqual([undefined, 0]);
});

test("a wait that was given up hears nothing, and the next one does", async () => {
  const waiters = new Waiters(new ManualClock());
  const first = waiters.wait(G1, { waitMs: 1_000 });
  first.giveUp();
  expect(await first.ended).toBeUndefined();
  const heard: string[] = [];
  const second = waiters.wait(G1, { waitMs: 1_000 });
  void second.ended.then(() => heard.push("second"));
  waiters.answer(aSaga());
  await settled();
  expect(heard).toEqual(["second"]);
});

test("a refused submit leaves no wait on its caller's signal", async () => {
  const world = aWorld();
  world.branches.auto = () => ({ kind: "success" });
  await world.engine.submit(saga("g1"), { waitMs: null });
  await settled();
  const caller = new AbortController();
  const answer = await world.engine.submit(saga("g1"), { waitMs: 60_000, signal: caller.signal });
  expect(answer).toMatchObject({ code: "wrong_status" });
  expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
});
