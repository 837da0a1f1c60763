import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { medianOf } from "./median.ts";

const SAMPLE_EVERY_MS = 100;

/** How much memory a process had while it was watched, in bytes of RSS. */
export interface MemorySummary {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** The median of the first third of the samples. */
  readonly firstThird: number;
  /** The median of the last third: above the first where memory grows. */
  readonly lastThird: number;
}

/** Samples a process's memory until `signal` aborts; answers the samples. */
export async function watchMemory(
  pid: number,
  { signal }: { signal: AbortSignal },
): Promise<readonly number[]> {
  const samples: number[] = [];
  while (!signal.aborted) {
    samples.push(await memoryBytesOf(pid));
    await pause(SAMPLE_EVERY_MS);
  }
  return samples;
}

export function summaryOf(samples: readonly number[]): MemorySummary {
  const third = Math.ceil(samples.length / 3);
  return {
    min: Math.min(...samples),
    median: medianOf(samples),
    max: Math.max(...samples),
    firstThird: medianOf(samples.slice(0, third)),
    lastThird: medianOf(samples.slice(-third)),
  };
}

async function memoryBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
