/**
 * One coordinator with its store in the same process: how many sagas a second, against a bare relay, in how much
 * memory. See README.md for what it measures and how to read it.
 */
import { statfs } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { type CoordinatorProcess, startCoordinator } from "./coordinator.ts";
import {
  figuresOf,
  memoryLineOf,
  type Pair,
  type Run,
  shortfallsOf,
  TABLE_HEAD,
  tableFootOf,
  tableRowOf,
} from "./embedded-report.ts";
import { type Branches, startBranches } from "./nginx.ts";
import { type NodeProcess, startNodeProcess } from "./node-process.ts";
import { cpuSecondsOf } from "./process-cpu.ts";
import { summaryOf, watchMemory } from "./process-memory.ts";
import { provideWrk, runLoad } from "./wrk.ts";

const CALLERS = 64;
const CALLS_PER_SAGA = 2;
/** V8 compiles what is hot in the first seconds, and connections are opened. */
const WARM_UP_S = 5;
const RELAY = fileURLToPath(new URL("./relay.ts", import.meta.url));
/** The type of a file system in memory, where a sync costs nothing: see statfs(2). */
const TMPFS_MAGIC = 0x0102_1994;

export interface EmbeddedOptions {
  /** The length of one round. */
  readonly seconds: number;
  /** Rounds of each of the two, not counting the warm-up. */
  readonly rounds: number;
  readonly write: (text: string) => void;
}

/** Everything that runs during the benchmark. */
interface Stage {
  /** The full path of the client. */
  readonly wrk: string;
  readonly branches: Branches;
}

/** Runs the benchmark; answers whether every target is met. @throws Error when a round had errors */
export async function embedded({ seconds, rounds, write }: EmbeddedOptions): Promise<boolean> {
  const wrk = await provideWrk();
  await using branches = await startBranches();
  await using relay = await startNodeProcess({ name: "relay", script: RELAY, args: () => [] });
  await using coordinator = await startCoordinator();
  await refuseDiskInMemory(coordinator.folder);

  write(`${introductionOf({ seconds, rounds })}\n\n${TABLE_HEAD}\n`);
  const stage: Stage = { wrk, branches };
  const runs: { relay: Run[]; coordinator: Run[] } = {
    relay: [await measure(stage, relay, WARM_UP_S)],
    coordinator: [await measure(stage, coordinator, WARM_UP_S)],
  };
  const pairs: Pair[] = [];
  const samples: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const relayRun = await measure(stage, relay, seconds);
    const watch = new AbortController();
    const watched = watchMemory(coordinator.pid, { signal: watch.signal });
    const coordinatorRun = await measure(stage, coordinator, seconds).finally(() => watch.abort());
    samples.push(...(await watched));
    runs.relay.push(relayRun);
    runs.coordinator.push(coordinatorRun);
    const pair: Pair = { relay: relayRun, coordinator: coordinatorRun };
    pairs.push(pair);
    write(`${tableRowOf(round, pair)}\n`);
  }

  const memory = summaryOf(samples);
  const proof = await proofOf({ branches, coordinator }, runs);
  write(`${tableFootOf(pairs)}\n${memoryLineOf(memory)}\n${proof}\n`);
  const shortfalls = shortfallsOf(figuresOf(pairs, memory));
  write(`\n${shortfalls.length === 0 ? "All targets are met." : shortfalls.join("\n")}\n`);
  return shortfalls.length === 0;
}

/** One round of one server. */
async function measure({ wrk, branches }: Stage, server: NodeProcess, seconds: number): Promise<Run> {
  const cpuBefore = await cpuSecondsOf(server.pid);
  const { origin } = server;
  const load = await runLoad(wrk, { origin, branches: branches.origin, callers: CALLERS, seconds });
  const cpuSeconds = (await cpuSecondsOf(server.pid)) - cpuBefore;
  return { ...load, cpuUsPerSaga: (cpuSeconds / load.requestCount) * 1e6 };
}

/** What shows that what was counted was done. @throws Error when it was not */
async function proofOf(
  { branches, coordinator }: { readonly branches: Branches; readonly coordinator: CoordinatorProcess },
  runs: { readonly relay: readonly Run[]; readonly coordinator: readonly Run[] },
): Promise<string> {
  const callCount = await branches.callCount();
  const callsDue = (countOf(runs.relay) + countOf(runs.coordinator)) * CALLS_PER_SAGA;
  if (callCount < callsDue) {
    throw new Error(`The branches were called ${callCount} times for answers that take ${callsDue} calls.`);
  }
  const { succeeded } = await coordinator.killAndCount();
  const answered = countOf(runs.coordinator);
  if (succeeded < answered) {
    throw new Error(
      `The coordinator answered ${answered} times, and its file has ${succeeded} that succeeded.`,
    );
  }
  return `proof    ${answered} answered, ${succeeded} succeeded on disk after kill -9; ${callCount} branch calls`;
}

function countOf(runs: readonly Run[]): number {
  return runs.reduce((count, { requestCount }) => count + requestCount, 0);
}

async function refuseDiskInMemory(folder: string): Promise<void> {
  const { type } = await statfs(folder);
  if (type !== TMPFS_MAGIC) return;
  throw new Error(`${folder} is in memory, where a sync costs nothing; set TMPDIR to a folder on a disk.`);
}

function introductionOf({ seconds, rounds }: { seconds: number; rounds: number }): string {
  const [cpu] = cpus();
  return [
    `embedded: two-step sagas with wait over HTTP, ${CALLERS} callers, SQLite synchronous=FULL`,
    `client wrk, branches nginx, all on this machine; ${rounds} pairs of rounds of ${seconds} s`,
    `${cpus().length} CPUs (${cpu?.model.trim() ?? "unknown"}), Node.js ${process.version}, ${today()}`,
  ].join("\n");
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
