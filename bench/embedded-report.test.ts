import { expect, test } from "vitest";
import {
  figuresOf,
  type Pair,
  type Run,
  shortfallsOf,
  TABLE_HEAD,
  tableFootOf,
  tableRowOf,
} from "./embedded-report.ts";

const COLUMNS_MAX = 80;
const FLAT = { min: 170e6, median: 175e6, max: 180e6, firstThird: 174e6, lastThird: 176e6 };

function aRun(perSecond: number): Run {
  return { requestCount: perSecond * 10, perSecond, p50Ms: 9.9, p99Ms: 1_234.5, cpuUsPerSaga: 160 };
}

function aPair(relay: number, coordinator: number): Pair {
  return { relay: aRun(relay), coordinator: aRun(coordinator) };
}

test("the ratio is the median of the pairs' ratios, each from the same minute", () => {
  // A machine that was slow for one round: the ratio of the medians would be 0.42.
  const pairs = [aPair(10_000, 6_000), aPair(12_000, 5_000), aPair(4_000, 2_400)];
  expect(figuresOf(pairs, FLAT)).toMatchObject({ perSecond: 5_000, relayShare: 0.6 });
});

test.for([
  ["nothing", { perSecond: 3_000, relayShare: 0.5, memory: FLAT }, []],
  ["the speed", { perSecond: 2_999, relayShare: 0.5, memory: FLAT }, [/did 2,999 sagas a second/]],
  ["the ratio", { perSecond: 3_000, relayShare: 0.49, memory: FLAT }, [/did 0\.49 of what/]],
  ["the memory", { perSecond: 3_000, relayShare: 0.5, memory: { ...FLAT, max: 200e6 } }, [/reached 200 MB/]],
  [
    "the growth",
    { perSecond: 3_000, relayShare: 0.5, memory: { ...FLAT, firstThird: 150e6 } },
    [/grew from 150 MB to 176 MB/],
  ],
] as const)("%s falls short", ([, figures, sentences]) => {
  const shortfalls = shortfallsOf(figures);
  expect(shortfalls).toHaveLength(sentences.length);
  for (const [i, sentence] of sentences.entries()) expect(shortfalls[i]).toMatch(sentence);
});

test("the table fits a terminal, and its columns stand below each other", () => {
  const rows = [tableRowOf(1, aPair(12_345, 6_789)), tableFootOf([aPair(10_000, 6_000)])];
  const [groups = "", head = ""] = TABLE_HEAD.split("\n");
  for (const line of [groups, head, ...rows]) expect(line.length).toBeLessThanOrEqual(COLUMNS_MAX);
  for (const row of rows) expect(row.length).toBe(head.length);
});
