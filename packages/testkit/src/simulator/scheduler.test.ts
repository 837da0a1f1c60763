// Goal: code on the scheduler runs to its end, in an order that a seed decides, and only the test moves time.
import { describe, expect, test } from "vitest";
import { Scheduler } from "./scheduler.ts";

describe("S2: settling", () => {
  test("runs whatever is queued, however deep one thing queues the next", async () => {
    const scheduler = new Scheduler();
    let depth = 0;
    const next = (): void => {
      depth += 1;
      if (depth < 1_000) scheduler.soon(next);
    };
    scheduler.soon(next);
    await scheduler.settle();
    expect(depth).toBe(1_000);
  });

  test("waits for promises between, however long their chains", async () => {
    const scheduler = new Scheduler();
    let turns = 0;
    const chain = async (): Promise<void> => {
      for (let link = 0; link < 500; link += 1) await null;
      turns += 1;
      if (turns < 20) scheduler.soon(() => void chain());
    };
    scheduler.soon(() => void chain());
    await scheduler.settle();
    expect(turns).toBe(20);
  });

  test("fires no timer, not even one that is due now", async () => {
    const scheduler = new Scheduler();
    let fired = false;
    scheduler.schedule(0, () => {
      fired = true;
    });
    await scheduler.settle();
    expect(fired).toBe(false);
    await scheduler.advance(0);
    expect(fired).toBe(true);
  });
});

describe("time", () => {
  test("S3: timers fire at their instants, in their order, and those that they set too", async () => {
    const scheduler = new Scheduler();
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name} ${scheduler.elapsedMs()}`);
    scheduler.schedule(30, note("c"));
    scheduler.schedule(10, () => {
      note("a")();
      scheduler.schedule(10, note("b"));
    });
    const cancel = scheduler.schedule(15, note("never"));
    cancel();
    await scheduler.advance(25);
    expect([fired, scheduler.elapsedMs()]).toEqual([["a 10", "b 20"], 25]);
    await scheduler.advance(5);
    expect(fired).toEqual(["a 10", "b 20", "c 30"]);
  });

  test("the wall clock can be set, and moves no timer", async () => {
    const scheduler = new Scheduler();
    const startMs = scheduler.nowMs();
    const fired: number[] = [];
    scheduler.schedule(100, () => fired.push(scheduler.nowMs() - startMs));
    scheduler.setWall(-3_600_000);
    expect([scheduler.nowMs() - startMs, scheduler.elapsedMs()]).toEqual([-3_600_000, 0]);
    await scheduler.advance(100);
    expect(fired).toEqual([-3_599_900]);
  });

  test("a process that is held still wakes to timers that are overdue", async () => {
    const scheduler = new Scheduler();
    const fired: number[] = [];
    scheduler.schedule(10, () => fired.push(scheduler.elapsedMs()));
    scheduler.hold(500);
    expect(fired).toEqual([]);
    await scheduler.advance(0);
    expect(fired).toEqual([500]);
  });
});

describe("order", () => {
  async function orderOf(seed: number | undefined): Promise<string> {
    const scheduler = new Scheduler(seed === undefined ? {} : { seed });
    const ran: string[] = [];
    for (const name of "abcdefgh") {
      scheduler.schedule(5, () => ran.push(name.toUpperCase()));
      scheduler.soon(() => ran.push(name));
    }
    await scheduler.advance(5);
    return ran.join("");
  }

  test("S3: without a seed first come, first served", async () => {
    expect(await orderOf(undefined)).toBe("abcdefghABCDEFGH");
  });

  test("S3: a seed draws another order, the same each time", async () => {
    const drawn = await orderOf(7);
    expect(drawn).not.toBe("abcdefghABCDEFGH");
    expect(await orderOf(7)).toBe(drawn);
    expect(await orderOf(8)).not.toBe(drawn);
    expect([...drawn.slice(0, 8)].sort().join("")).toBe("abcdefgh");
  });
});
