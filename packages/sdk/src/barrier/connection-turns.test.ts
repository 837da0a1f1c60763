// Goal: on a connection that several calls share, one works at a time, and nobody waits for himself.
// Method: calls that are let go by hand; what they do is noted in the order in which it happens.
import { LockstepError } from "@lockstep/protocol";
import { describe, expect, test } from "vitest";
import { checkNotWithin, checkUsable, duringTurn, turnOn } from "./connection-turns.ts";

/** Gives everything that is ready its turn. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("turns on one connection", () => {
  test("are taken one after the other, in the order in which they were asked for", async () => {
    const connection = {};
    const notes: string[] = [];
    const ends: ((state: "usable" | "broken") => void)[] = [];
    for (const name of ["first", "second", "third"]) {
      void turnOn(connection).then((end) => {
        notes.push(name);
        ends.push(end);
      });
    }
    await settled();
    expect(notes).toEqual(["first"]);
    ends[0]?.("usable");
    await settled();
    expect(notes).toEqual(["first", "second"]);
    ends[1]?.("usable");
    await settled();
    expect(notes).toEqual(["first", "second", "third"]);
  });

  test("do not hold back those of another connection", async () => {
    await turnOn({});
    const end = await turnOn({});
    expect(() => end("usable")).not.toThrow();
  });
});

describe("a turn within a turn", () => {
  test("on the same connection is refused, as it would wait for itself", async () => {
    const connection = {};
    const end = await turnOn(connection);
    const inner = duringTurn([connection], () => turnOn(connection));
    await expect(inner).rejects.toThrow(LockstepError);
    await expect(inner).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/within another barrier\.call\(\).*use callInTransaction\(tx\) there/),
    });
    end("usable");
    // The refused one has left no gap in the line.
    await expect(turnOn(connection)).resolves.toBeTypeOf("function");
  });

  test("on a pool is refused while a call within has a connection of that pool", async () => {
    const [pool, connection] = [{}, {}];
    await duringTurn([pool, connection], async () => {
      expect(() => checkNotWithin(pool)).toThrow(/connection or pool, which would wait for ever/);
      expect(() => checkNotWithin({})).not.toThrow();
    });
    expect(() => checkNotWithin(pool)).not.toThrow();
  });

  test("on another connection is fine, and the outer one is remembered", async () => {
    const [outer, inner] = [{}, {}];
    await turnOn(outer);
    await duringTurn([outer], async () => {
      await turnOn(inner);
      await duringTurn([inner], async () => {
        await expect(turnOn(outer)).rejects.toMatchObject({ code: "invalid_argument" });
        await expect(turnOn(inner)).rejects.toMatchObject({ code: "invalid_argument" });
      });
    });
  });

  test.for<[string, () => Promise<void>]>([
    ["was done", async () => undefined],
    [
      "threw",
      async () => {
        throw new Error("business");
      },
    ],
  ])("is fine for work that outlives a turn whose business %s", async ([, business]) => {
    const connection = {};
    const end = await turnOn(connection);
    const { promise: over, resolve: tellOver } = Promise.withResolvers<void>();
    let outliving: Promise<unknown> | undefined;
    const turn = duringTurn([connection], () => {
      outliving = over.then(() => turnOn(connection));
      return business();
    });
    await turn.catch(() => undefined);
    end("usable");
    tellOver();
    await expect(outliving).resolves.toBeTypeOf("function");
  });
});

describe("the work in a turn", () => {
  test.for<[string, () => number | Promise<number>]>([
    ["a value", () => 7],
    ["a promise", async () => 7],
  ])("may answer %s", async ([, work]) => {
    expect(await duringTurn([{}], work)).toBe(7);
  });

  test("fails with what it threw", async () => {
    const cause = new Error("business");
    const failing = duringTurn([{}], () => {
      throw cause;
    });
    await expect(failing).rejects.toBe(cause);
  });
});

describe("after a turn that ended broken", () => {
  test("all who wait and all who come are refused, each in its turn", async () => {
    const connection = {};
    const end = await turnOn(connection);
    const waiting = [turnOn(connection), turnOn(connection)];
    expect(() => checkUsable(connection)).not.toThrow();
    end("broken");
    for (const turn of [...waiting, turnOn(connection)]) {
      await expect(turn).rejects.toThrow(LockstepError);
      await expect(turn).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringMatching(/rollback on this connection failed.*close it and open another one/),
      });
    }
    expect(() => checkUsable(connection)).toThrow(LockstepError);
  });

  test("another connection is as good as ever", async () => {
    const broken = {};
    (await turnOn(broken))("broken");
    const other = {};
    (await turnOn(other))("usable");
    expect(() => checkUsable(other)).not.toThrow();
    await expect(turnOn(other)).resolves.toBeTypeOf("function");
  });
});
