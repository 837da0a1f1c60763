// Goal: after a long outage everybody who waits for a destination is called at its first good answer, and nobody is
//   called more often because of it than a rule says. The tests cite the rules of `Outages`.
// Method: the real engine and memory store in a world whose clock and branches move only by hand.
import { describe, expect, test, vi } from "vitest";
import type { Asked, BranchOutcome, Gid } from "../transaction/model.ts";
import {
  aStep,
  FAILURE,
  type SagaChanges,
  SUCCESS,
  saga,
  UNKNOWN,
} from "../transaction/saga/saga-fixture.ts";
import { UnreadableRecord } from "./answers.ts";
import { aWorld, ManualClock, settled, statusOf, type World } from "./engine-fixture.ts";
import { EARLY_WAKES_MAX, OUTAGE_MS_MIN, OUTAGE_WAITING_MAX } from "./limits.ts";
import { Outages } from "./outages.ts";

const SILENT: BranchOutcome = { kind: "unknown", cause: "ECONNREFUSED", trait: "noAnswer" };
const LIMITS = { retryBudget: 100, inFlightMax: 1_000, pollMs: 600_000 };

function at(host: string, gid: string, over: SagaChanges = {}): Asked {
  return saga(gid, {
    branches: [aStep(0, { action: `http://${host}/a`, compensate: `http://${host}/c` })],
    ...over,
  });
}

/** Submits, and lets the first call of each end as `outcome`. */
async function submitted(world: World, asked: readonly Asked[], outcome: BranchOutcome): Promise<void> {
  world.branches.auto = () => outcome;
  for (const one of asked) await world.engine.submit(one, { waitMs: null });
  await settled();
}

/** The calls since the last time. */
function callsOf(world: World): string[] {
  return world.branches.made.splice(0).sort();
}

describe("the first good answer of a destination", () => {
  test.for([
    ["success", SUCCESS, "succeed"],
    ["failure", FAILURE, "failed"],
    ["ongoing", { kind: "ongoing" }, "submitted"],
  ] as const)("wakes who waits for it: %s", async ([, outcome, status]) => {
    const world = aWorld({ limits: LIMITS });
    await submitted(world, [at("b", "w1"), at("b", "w2")], SILENT);
    // After so many pauses the next one takes minutes.
    await world.clock.advance(200_000);
    callsOf(world);
    world.branches.auto = ({ op }) => (op === "action" ? outcome : SUCCESS);
    await world.engine.submit(at("b", "new"), { waitMs: null });
    await settled();
    expect(callsOf(world).filter((call) => / a1$/.test(call))).toEqual(["new a1", "w1 a1", "w2 a1"]);
    expect(await Promise.all(["w1", "w2"].map((gid) => statusOf(world, gid)))).toEqual([status, status]);
  });

  test("wakes nobody who waits for another destination, or for a pause after an answer (O1)", async () => {
    const world = aWorld({ limits: LIMITS });
    await submitted(world, [at("c", "other")], SILENT);
    await submitted(world, [at("b", "misspelt")], UNKNOWN);
    await submitted(world, [at("b", "waits")], SILENT);
    world.branches.auto = ({ gid }) => (gid === "misspelt" ? UNKNOWN : SILENT);
    await world.clock.advance(200_000);
    callsOf(world);
    await submitted(world, [at("b", "new")], SUCCESS);
    expect(callsOf(world)).toEqual(["new a1", "waits a1"]);
  });

  test("wakes nobody when the outage was short (O2)", async () => {
    const world = aWorld({ limits: { ...LIMITS, retryBaseMs: 60_000 } });
    await submitted(world, [at("b", "waits")], SILENT);
    await world.clock.advance(OUTAGE_MS_MIN - 1);
    callsOf(world);
    await submitted(world, [at("b", "new")], SUCCESS);
    expect(callsOf(world)).toEqual(["new a1"]);
  });

  test("wakes a transaction so many times, until that one gets an answer (O3)", async () => {
    const hourly = { ...LIMITS, retryBaseMs: 3_600_000, retryCapMs: 3_600_000 };
    const world = aWorld({ limits: hourly });
    await submitted(world, [at("b", "hangs")], SILENT);
    let count = 0;
    const wakesOf = async (outcome: BranchOutcome) => {
      world.branches.auto = ({ gid }) => (gid === "hangs" ? outcome : SUCCESS);
      await world.clock.advance(OUTAGE_MS_MIN);
      count += 1;
      await world.engine.submit(at("b", `new${count}`), { waitMs: null });
      await settled();
      return callsOf(world).filter((call) => call === "hangs a1").length;
    };
    callsOf(world);
    for (let i = 0; i < EARLY_WAKES_MAX; i += 1) expect(await wakesOf(SILENT)).toBe(1);
    expect(await wakesOf(SILENT)).toBe(0);
    // Its own answer gives it new wakes, after the next silence.
    world.branches.auto = () => ({ kind: "ongoing" });
    await world.clock.advance(hourly.retryCapMs);
    world.branches.auto = () => SILENT;
    await world.clock.advance(hourly.retryCapMs);
    callsOf(world);
    expect(await wakesOf(SILENT)).toBe(1);
  });

  test("wakes more than there are places, each in its turn", async () => {
    const world = aWorld({ limits: { ...LIMITS, inFlightMax: 2, waitingMax: 4 } });
    const gids = Array.from({ length: 12 }, (_, i) => `w${i}`);
    for (const gid of gids) await submitted(world, [at("b", gid)], SILENT);
    await world.clock.advance(200_000);
    world.branches.auto = undefined;
    await world.engine.submit(at("b", "new"), { waitMs: null });
    await world.branches.answer("a1", SUCCESS, "new");
    for (let i = 0; i < gids.length; i += 1) {
      // Who is woken takes only places that are free, so new transactions find all turns in the line.
      expect(world.engine.occupancy.waiting).toBe(0);
      world.branches.open[0]?.answer(SUCCESS);
      await settled();
    }
    expect(await Promise.all(gids.map((gid) => statusOf(world, gid)))).toEqual(gids.map(() => "succeed"));
  });

  test("wakes the others where the record of one cannot be read", async () => {
    const world = aWorld({ limits: LIMITS });
    await submitted(world, [at("b", "w1"), at("b", "w2"), at("b", "w3")], SILENT);
    await world.clock.advance(200_000);
    callsOf(world);
    const claim = world.store.claim.bind(world.store);
    vi.spyOn(world.store, "claim").mockImplementation((terms) =>
      terms.gid === "w1"
        ? Promise.reject(new UnreadableRecord(terms.gid, new Error("its bytes changed")))
        : claim(terms),
    );
    await submitted(world, [at("b", "new")], SUCCESS);
    expect(callsOf(world)).toEqual(["new a1", "w2 a1", "w3 a1"]);
  });

  test("leaves a transaction alone that a person has to look at", async () => {
    const world = aWorld({ limits: { ...LIMITS, retryBudget: 1 } });
    await submitted(world, [at("b", "parked")], SILENT);
    await world.clock.advance(OUTAGE_MS_MIN);
    callsOf(world);
    await submitted(world, [at("b", "new")], SUCCESS);
    expect(callsOf(world)).toEqual(["new a1"]);
    expect((await world.store.load("parked" as Gid))?.progress.parkedAt).not.toBeNull();
  });

  test("does not change the count of the retries", async () => {
    const world = aWorld({ limits: LIMITS });
    await submitted(world, [at("b", "waits")], SILENT);
    await world.clock.advance(200_000);
    const countOf = async () =>
      (await world.store.load("waits" as Gid))?.progress.branches[0]?.["action"]?.unknownCount;
    const before = (await countOf()) ?? 0;
    world.branches.auto = ({ gid }) => (gid === "waits" ? SILENT : SUCCESS);
    await world.engine.submit(at("b", "new"), { waitMs: null });
    await settled();
    expect(await countOf()).toBe(before + 1);
  });
});

test("discovery's news of an instance wakes at once, however short the outage was", async () => {
  const world = aWorld({ limits: { ...LIMITS, retryBaseMs: 60_000 } });
  await submitted(world, [at("b", "waits"), at("c", "other")], SILENT);
  callsOf(world);
  world.branches.found("http://b");
  await settled();
  expect(callsOf(world)).toEqual(["waits a1"]);
});

test("no more are remembered than the limit says, and the oldest are forgotten first (O4)", () => {
  const clock = new ManualClock();
  const woken: string[] = [];
  const outages = new Outages(clock, (list) => woken.push(...list.map(({ gid }) => gid)));
  for (let i = 0; i <= OUTAGE_WAITING_MAX; i += 1) {
    outages.heard(i < 2 ? "http://a" : "http://b", { gid: `g${i}` as Gid, branch: 0, op: "action" }, SILENT);
  }
  outages.found("http://a");
  expect(woken).toEqual(["g1"]);
  outages.found("http://b");
  expect(woken).toHaveLength(OUTAGE_WAITING_MAX);
});
