import { expect, test } from "vitest";
import { MACHINE_CLOCK } from "./clock.ts";

test("a pause takes its time", async () => {
  const startedAt = performance.now();
  await MACHINE_CLOCK.pause(20, { signal: undefined });
  expect(performance.now() - startedAt).toBeGreaterThan(15);
});

test("a pause ends with the signal's own reason", async () => {
  const reason = new Error("gone");
  const gone = new AbortController();
  const pausing = MACHINE_CLOCK.pause(60_000, { signal: gone.signal });
  gone.abort(reason);
  await expect(pausing).rejects.toBe(reason);
});
