// Goal: a wake comes once, never early, whatever the delay, and never after it was cancelled.
// Method: real timers for short delays, vitest's fake timers (which overflow as Node's do) for weeks.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createSystemClock } from "./system-clock.ts";
import { TIMER_MS_MAX } from "./transaction/limits.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("createSystemClock", () => {
  test("now is the wall clock in milliseconds", () => {
    const before = Date.now();
    const now = createSystemClock().now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  test("never wakes before the delay is over", async () => {
    const clock = createSystemClock();
    const early = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const delayMs = index % 20;
        const from = performance.now();
        return new Promise<boolean>((resolve) => {
          clock.schedule(delayMs, () => resolve(performance.now() - from < delayMs));
        });
      }),
    );
    expect(early.filter(Boolean)).toEqual([]);
  });

  test.for([
    ["no time at all", 0],
    ["the past", -5_000],
  ] as const)("a delay of %s wakes soon", ([, delayMs]) => {
    return new Promise<void>((resolve) => {
      createSystemClock().schedule(delayMs, resolve);
    });
  });

  test.for([
    ["the longest single timer", TIMER_MS_MAX],
    ["one millisecond more", TIMER_MS_MAX + 1],
    ["sixty days", 60 * 86_400_000],
  ] as const)("%s wakes once and on time", ([, delayMs]) => {
    vi.useFakeTimers();
    const wake = vi.fn();
    createSystemClock().schedule(delayMs, wake);
    vi.advanceTimersByTime(delayMs - 1);
    expect(wake).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(wake).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(delayMs);
    expect(wake).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.for([
    ["in its first timer", 1_000, 0],
    ["in its second timer", TIMER_MS_MAX + 1_000, TIMER_MS_MAX + 10],
  ] as const)("what is taken back %s never wakes", ([, delayMs, afterMs]) => {
    vi.useFakeTimers();
    const wake = vi.fn();
    const takeBack = createSystemClock().schedule(delayMs, wake);
    vi.advanceTimersByTime(afterMs);
    takeBack();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(2 * delayMs);
    expect(wake).not.toHaveBeenCalled();
  });

  test("taking back what has woken is harmless", async () => {
    let takeBack = (): void => {};
    await new Promise<void>((resolve) => {
      takeBack = createSystemClock().schedule(1, resolve);
    });
    expect(takeBack).not.toThrow();
  });

  test("soon wakes after everything that was ready before it", async () => {
    const order: string[] = [];
    setImmediate(() => order.push("read before"));
    await new Promise<void>((resolve) => {
      createSystemClock().soon(() => {
        order.push("woken");
        resolve();
      });
      queueMicrotask(() => order.push("promise"));
      order.push("now");
    });
    expect(order).toEqual(["now", "promise", "read before", "woken"]);
  });

  test.for([Number.NaN, Number.POSITIVE_INFINITY])("a delay of %d is a bug and says so", (delayMs) => {
    expect(() => createSystemClock().schedule(delayMs, () => {})).toThrow("delayMs must be a finite number");
  });

  test.for([
    [true, "woken"],
    [false, ""],
  ] as const)(
    "keepsProcessAlive %j: a process with nothing else to do prints %j",
    ([keepsProcessAlive, printed]) => {
      const module = JSON.stringify(fileURLToPath(new URL("system-clock.ts", import.meta.url)));
      const script = `
      import { createSystemClock } from ${module};
      createSystemClock({ keepsProcessAlive: ${keepsProcessAlive} }).schedule(50, () => process.stdout.write("woken"));
    `;
      const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
      expect(run.stdout).toBe(printed);
      expect(run.status).toBe(0);
    },
  );
});
