// Goal: nothing makes the engine call an op before its time: no person, no clock that is set back, no other coordinator;
// and what is due is called although nobody asks (the mode msg has such ops: its check-back and its delayed actions).
// Method: the real engine on a clock that is moved by hand.
import { expect, test } from "vitest";
import type { Asked, Gid } from "../transaction/model.ts";
import { askedMsg } from "../transaction/msg/msg-under-test-fixture.ts";
import { aWorld, BY, settled, statusOf, type World } from "./engine-fixture.ts";

const G1 = "g1" as Gid;

/** Asked for at the instant where the world's clock stands. */
function asked({ clock }: World, changes?: Parameters<typeof askedMsg>[0]): Asked {
  const { definition, branches } = askedMsg(changes);
  return { definition: { ...definition, createdAt: clock.now() }, branches };
}

test("a person cannot have the check-back asked before its time, and can when it is parked", async () => {
  const world = aWorld();
  await world.engine.prepare(asked(world));
  expect(await world.engine.retryNow(G1, BY)).toEqual({ kind: "done" });
  await world.clock.advance(34_000);
  expect(await world.engine.retryNow(G1, BY)).toEqual({ kind: "done" });
  expect(world.branches.made).toEqual([]);
  world.branches.auto = () => ({ kind: "unknown", cause: "lost" });
  await world.clock.advance(20_000);
  expect(world.branches.made).toEqual(["g1 m0", "g1 m0", "g1 m0"]);
  expect((await world.store.load(G1))?.progress).toMatchObject({ status: "prepared", nextRunAt: null });
  world.branches.auto = () => ({ kind: "success" });
  expect(await world.engine.retryNow(G1, BY)).toEqual({ kind: "done" });
  await settled();
  expect(await statusOf(world)).toBe("succeed");
  await world.engine.stop();
});

test("a person cannot have a delayed action called before its time", async () => {
  const world = aWorld();
  await world.engine.submit(asked(world, { delayMs: 10_000 }), { waitMs: null });
  await world.clock.advance(9_000);
  expect(await world.engine.retryNow(G1, BY)).toEqual({ kind: "done" });
  await settled();
  expect(world.branches.made).toEqual([]);
  expect(world.engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  await world.clock.advance(2_000);
  expect(world.branches.made).toEqual(["g1 a1"]);
  await world.branches.answer("a1", { kind: "success" });
  await world.branches.answer("a2", { kind: "success" });
  expect(await statusOf(world)).toBe("succeed");
  await world.engine.stop();
});

test.each([
  ["check-back", "prepared", "g1 m0"],
  ["delayed action", "submitted", "g1 a1"],
] as const)("a clock that is set back makes the %s neither early nor late", async (_what, status, call) => {
  const world = aWorld();
  const changes = { timeLimitMs: 30_000, delayMs: 30_000 };
  if (status === "prepared") await world.engine.prepare(asked(world, changes));
  else await world.engine.submit(asked(world, changes), { waitMs: null });
  await world.clock.advance(10_000);
  world.clock.setWall(-3_600_000);
  await world.clock.advance(19_000);
  expect(world.branches.made).toEqual([]);
  // Nobody knows how long ago the record was written: it waits at most for its whole time again.
  await world.clock.advance(32_000);
  expect(world.branches.made).toEqual([call]);
  await world.engine.forceStop(G1, BY);
  await world.engine.stop();
});

test("another coordinator that takes it over asks at its time, and once", async () => {
  const first = aWorld();
  await first.engine.prepare(asked(first));
  await first.clock.advance(20_000);
  await first.engine.stop();
  const second = aWorld({ store: first.store, clock: first.clock, owner: "two" });
  await second.clock.advance(14_000);
  expect(second.branches.made).toEqual([]);
  await second.clock.advance(3_000);
  expect(second.branches.made).toEqual(["g1 m0"]);
  await second.branches.answer("m0", { kind: "failure", reason: "rolled back" });
  expect(await statusOf(second)).toBe("failed");
  await second.engine.stop();
});
