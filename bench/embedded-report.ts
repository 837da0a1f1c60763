import { medianOf } from "./median.ts";
import type { MemorySummary } from "./process-memory.ts";
import type { Load } from "./wrk.ts";

/** Sagas a second, at least. */
const PER_SECOND_MIN = 3_000;
/** Sagas a second for each of the bare relay, at least. */
const RELAY_SHARE_MIN = 0.5;
/** The coordinator's memory, at most: 200 MB. */
const MEMORY_BYTES_MAX = 200_000_000;
/** Memory is flat when the last third of the samples lies at most this share above the first. */
const MEMORY_GROWTH_SHARE_MAX = 0.1;

/** What one server did in one round. */
export interface Run extends Load {
  /** Microseconds of CPU that its process used for one saga, in all its threads. */
  readonly cpuUsPerSaga: number;
}

/** A round of the relay and the coordinator's round right after it. */
export interface Pair {
  readonly relay: Run;
  readonly coordinator: Run;
}

/** What a whole benchmark came to. */
export interface Figures {
  /** Sagas a second of the coordinator: the median of its rounds. */
  readonly perSecond: number;
  /** Coordinator by relay: the median of the pairs' ratios. */
  readonly relayShare: number;
  readonly memory: MemorySummary;
}

export function figuresOf(pairs: readonly Pair[], memory: MemorySummary): Figures {
  return {
    perSecond: medianOf(pairs.map(({ coordinator }) => coordinator.perSecond)),
    relayShare: medianOf(pairs.map(shareOf)),
    memory,
  };
}

/** What is below its target, a sentence for each; empty when all are met. */
export function shortfallsOf({ perSecond, relayShare, memory }: Figures): readonly string[] {
  const shortfalls: string[] = [];
  if (perSecond < PER_SECOND_MIN) {
    shortfalls.push(
      `The coordinator did ${whole(perSecond)} sagas a second; the target is ${whole(PER_SECOND_MIN)}.`,
    );
  }
  if (relayShare < RELAY_SHARE_MIN) {
    shortfalls.push(
      `It did ${relayShare.toFixed(2)} of what the bare relay did; the target is ${RELAY_SHARE_MIN}.`,
    );
  }
  if (memory.max >= MEMORY_BYTES_MAX) {
    shortfalls.push(
      `Its memory reached ${megabytes(memory.max)}; the target is below ${megabytes(MEMORY_BYTES_MAX)}.`,
    );
  }
  if (memory.lastThird > memory.firstThird * (1 + MEMORY_GROWTH_SHARE_MAX)) {
    shortfalls.push(
      `Its memory grew from ${megabytes(memory.firstThird)} to ${megabytes(memory.lastThird)}; ` +
        `flat is at most ${MEMORY_GROWTH_SHARE_MAX * 100} % more at the end.`,
    );
  }
  return shortfalls;
}

export const TABLE_HEAD = [
  "         bare relay                       coordinator",
  "round    sagas/s  p50 ms  p99 ms  CPU µs  sagas/s  p50 ms  p99 ms  CPU µs  ratio",
].join("\n");

export function tableRowOf(round: number, pair: Pair): string {
  return rowOf(`${round}`, pair, shareOf(pair));
}

/** Medians column by column; the ratio is the median of the ratios, not the ratio of the medians. */
export function tableFootOf(pairs: readonly Pair[]): string {
  const run = (of: (pair: Pair) => Run): Run => {
    const median = (field: keyof Run): number => medianOf(pairs.map((pair) => of(pair)[field]));
    return {
      requestCount: median("requestCount"),
      perSecond: median("perSecond"),
      p50Ms: median("p50Ms"),
      p99Ms: median("p99Ms"),
      cpuUsPerSaga: median("cpuUsPerSaga"),
    };
  };
  const medians = { relay: run(({ relay }) => relay), coordinator: run(({ coordinator }) => coordinator) };
  return rowOf("median", medians, medianOf(pairs.map(shareOf)));
}

export function memoryLineOf({ min, median, max, firstThird, lastThird }: MemorySummary): string {
  const growth = (lastThird / firstThird - 1) * 100;
  return (
    `memory   ${megabytes(min)} to ${megabytes(max)}, median ${megabytes(median)}; ` +
    `first third ${megabytes(firstThird)}, last ${megabytes(lastThird)} (${growth.toFixed(0)} %)`
  );
}

function shareOf({ relay, coordinator }: Pair): number {
  return coordinator.perSecond / relay.perSecond;
}

function rowOf(name: string, { relay, coordinator }: Pair, share: number): string {
  return [name.padEnd(7), cellsOf(relay), cellsOf(coordinator), share.toFixed(2).padStart(5)].join("  ");
}

function cellsOf({ perSecond, p50Ms, p99Ms, cpuUsPerSaga }: Run): string {
  const cells = [
    whole(perSecond).padStart(7),
    milliseconds(p50Ms).padStart(6),
    milliseconds(p99Ms).padStart(6),
  ];
  return [...cells, whole(cpuUsPerSaga).padStart(6)].join("  ");
}

function milliseconds(value: number): string {
  return value < 1_000 ? value.toFixed(1) : value.toFixed(0);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
