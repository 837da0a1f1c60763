// Goal: whoever reads the log hears of a branch that fails at its first call, not when its transaction is parked, and of
// a service that fails once, not once for each transaction.
// Method: the real engine in a world whose clock and branches move only by hand, and the log as a listener.
import { aTransaction } from "@lockstep/testkit/store-contract";
import { describe, expect, test } from "vitest";
import { logOfEvents } from "../log/log-of-events.ts";
import type { EpochMs } from "../transaction/model.ts";
import { FAILURE, ONGOING, SUCCESS, saga, UNKNOWN } from "../transaction/saga/saga-fixture.ts";
import { aWorld, settled } from "./engine-fixture.ts";
import type { EngineEvent } from "./events.ts";
import { DESTINATION_SILENT_CALLS_MIN, DESTINATIONS_WATCHED_MAX } from "./limits.ts";
import { SilentDestinations } from "./silent-destinations.ts";
import { unclearAnswerOf } from "./unclear-answer.ts";

/** The lines that the log makes of the events, as level, sentence and fields. */
function linesOf(events: readonly EngineEvent[]): readonly (readonly [string, string, object])[] {
  const lines: (readonly [string, string, object])[] = [];
  const logged = logOfEvents({
    info: (event, fields) => lines.push(["info", event, fields]),
    warn: (event, fields) => lines.push(["warn", event, fields]),
    error: (event, fields) => lines.push(["error", event, fields]),
  });
  for (const event of events) logged(event);
  return lines;
}

const kindOf = <Kind extends EngineEvent["kind"]>(events: readonly EngineEvent[], kind: Kind) =>
  events.filter((event): event is Extract<EngineEvent, { kind: Kind }> => event.kind === kind);

describe("an op", () => {
  test("tells each unclear answer, and the log says the first and each doubling", async () => {
    const world = aWorld({ limits: { retryBudget: 20 } });
    const nextAt = (world.clock.now() + 1_000) as EpochMs;
    await world.engine.submit(saga("g1"), { waitMs: null });
    for (let call = 1; call <= 9; call += 1) {
      await world.branches.answer("a1", UNKNOWN);
      await world.clock.advance(600_000);
    }
    const told = kindOf(world.events, "unclear");
    expect(told.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(linesOf(told).map(([, , fields]) => fields)).toMatchObject(
      [1, 2, 4, 8].map((attempt) => ({ attempt })),
    );
    expect(told[0]).toEqual({
      ...{ kind: "unclear", gid: "g1", branchId: "01", op: "action", destination: "http://b" },
      ...{ url: "http://b/a1", status: "submitted", attempt: 1, detail: "http 500", nextAt },
    });
    expect(linesOf(told.slice(0, 1))).toEqual([
      [
        "warn",
        "a branch gave no clear answer",
        {
          ...{ gid: "g1", branch: "01", op: "action", destination: "http://b", attempt: 1 },
          ...{ detail: "http 500", next: new Date(nextAt).toISOString() },
        },
      ],
    ]);
  });

  test("is not told while a branch works, and a clear answer begins the count anew", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    for (const outcome of [ONGOING, UNKNOWN, ONGOING, UNKNOWN, SUCCESS]) {
      await world.branches.answer("a1", outcome);
      await world.clock.advance(60_000);
    }
    expect(kindOf(world.events, "unclear").map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  test("an undo that refuses is told as well", async () => {
    const world = aWorld();
    await world.engine.submit(saga("g1"), { waitMs: null });
    await world.branches.answer("a1", FAILURE);
    await world.branches.answer("c1", FAILURE);
    expect(kindOf(world.events, "unclear")).toMatchObject([{ op: "compensate", attempt: 1 }]);
  });

  test("a wrong URL has a hint, and one that is parked has no next call", () => {
    const event: EngineEvent = {
      ...{ kind: "unclear", gid: "g1" as never, branchId: "01", op: "action", destination: "http://b" },
      ...{ url: "http://b/x", status: "submitted" },
      ...{ attempt: 1, detail: "b: HTTP 404: not here", nextAt: null },
    };
    const [line] = linesOf([event]);
    expect(line?.[2]).toMatchObject({ hint: expect.stringContaining("compare the path") });
    expect(line?.[2]).not.toHaveProperty("next");
  });
});

describe("a destination", () => {
  test("is told once when it stops answering, and once when it answers again", async () => {
    const world = aWorld();
    const gids = Array.from({ length: DESTINATION_SILENT_CALLS_MIN + 2 }, (_, index) => `g${index}`);
    for (const gid of gids) await world.engine.submit(saga(gid, { stepCount: 1 }), { waitMs: null });
    for (const gid of gids) await world.branches.answer("a1", UNKNOWN, gid);
    expect(kindOf(world.events, "destinationSilent")).toEqual([
      {
        ...{ kind: "destinationSilent", destination: "http://b", detail: "http 500" },
        calls: DESTINATION_SILENT_CALLS_MIN,
      },
    ]);
    await world.clock.advance(1_000);
    for (const gid of gids) await world.branches.answer("a1", SUCCESS, gid);
    const back = kindOf(world.events, "destinationAnswers");
    expect(back).toMatchObject([{ destination: "http://b", calls: gids.length }]);
    expect(linesOf(back)).toMatchObject([["info", "a service answers again", { destination: "http://b" }]]);
  });

  test("calls that this coordinator cut off say nothing about it", async () => {
    const world = aWorld();
    for (const gid of ["g1", "g2", "g3", "g4"]) await world.engine.submit(saga(gid), { waitMs: null });
    await settled();
    const stopped = world.engine.stop();
    await world.clock.advance(60_000);
    await stopped;
    expect(kindOf(world.events, "destinationSilent")).toEqual([]);
  });

  test("I10: so many are watched, and the oldest is forgotten", () => {
    const events: EngineEvent[] = [];
    const { clock } = aWorld();
    const silent = new SilentDestinations({ clock, observe: (event) => events.push(event) });
    const silence = (name: string): void => {
      for (let call = 0; call < DESTINATION_SILENT_CALLS_MIN; call += 1) silent.unclear(name, "lost");
    };
    for (let index = 0; index <= DESTINATIONS_WATCHED_MAX; index += 1) silence(`http://s${index}`);
    silent.answered("http://s0");
    silent.answered("http://s1");
    expect(kindOf(events, "destinationAnswers").map(({ destination }) => destination)).toEqual(["http://s1"]);
  });
});

test.for(["constructor", "__proto__"])(
  "an op that is called '%s' had no unclear answer before it was called",
  (op) => {
    const transaction = aTransaction();
    expect(unclearAnswerOf(transaction, { branch: 0, op }, { destinationOf: (url) => url })).toBeUndefined();
  },
);
