import { expect, test } from "vitest";
import { summaryOf, watchMemory } from "./process-memory.ts";

test("a summary compares the first third with the last", () => {
  expect(summaryOf([100, 101, 102, 150, 90, 150, 120, 119, 121])).toEqual({
    min: 90,
    median: 119,
    max: 150,
    firstThird: 101,
    lastThird: 120,
  });
});

test.skipIf(process.platform !== "linux")("this process's memory is what Node.js says it is", async () => {
  const watch = new AbortController();
  const watched = watchMemory(process.pid, { signal: watch.signal });
  watch.abort();
  const [bytes = 0] = await watched;
  expect(bytes / process.memoryUsage.rss()).toBeCloseTo(1, 0);
});
