/** For the doors' tests: the real engine on the memory store, with branches that a test scripts. */
import { randomBytes } from "node:crypto";
import { destinationOf } from "../branches/branch-plan.ts";
import { Engine } from "../engine/engine.ts";
import type { BranchCall, EngineLog } from "../engine/ports.ts";
import { createGidSource } from "../gid.ts";
import { logOfEvents } from "../log/log-of-events.ts";
import { MemoryStore } from "../stores/memory/memory-store.ts";
import { createSystemClock } from "../system-clock.ts";
import type { BranchOutcome, Gid } from "../transaction/model.ts";
import type { Caller } from "./caller.ts";
import { Operations } from "./operations.ts";

/** One line that was logged. */
export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number>>;
  readonly cause?: unknown;
}

/** Operations that note the caller, which is the last argument of each call. */
export class NotingOperations extends Operations {
  readonly callers: Array<readonly [operation: string, caller: Caller]> = [];

  constructor(options: ConstructorParameters<typeof Operations>[0]) {
    super(options);
    for (const name of ASKED) {
      const ask = this[name] as (...args: unknown[]) => unknown;
      Object.assign(this, {
        [name]: (...args: unknown[]) => {
          this.callers.push([name, args.at(-1) as Caller]);
          return ask.apply(this, args);
        },
      });
    }
  }
}

const ASKED = [
  "newGid",
  "prepare",
  "submit",
  "abort",
  "registerBranch",
  "prepareWorkflow",
  "forceStop",
  "resetNextCronTime",
  "rollBack",
  "takeAsDone",
  "retryDestination",
  "rollBackDestination",
  "query",
  "all",
  "ready",
] as const satisfies readonly (keyof Operations)[];

export interface TestCoordinator extends AsyncDisposable {
  readonly engine: Engine;
  readonly operations: NotingOperations;
  readonly store: MemoryStore;
  readonly log: EngineLog;
  readonly lines: readonly LogLine[];
  /** Every branch call that was made. */
  readonly calls: readonly BranchCall[];
  /** Resolves with the first call of a branch whose URL ends in `/hang`. */
  readonly hanging: Promise<BranchCall>;
  /** Lets the branches that hang answer. */
  release(outcome: BranchOutcome): void;
  /** The stored status of a transaction. */
  statusOf(gid: string): Promise<string | undefined>;
  /** How many transactions are stored. */
  storedCount(): Promise<number>;
}

/**
 * Branches answer by the last part of their URL: `/ok`, `/fail` ("no money FAILURE"), `/ongoing`, `/404` (that
 * HTTP status, which is unknown), `/hang` (until `release`).
 */
export function startTestCoordinator(): TestCoordinator {
  const clock = createSystemClock();
  const store = new MemoryStore({ clock });
  const lines: LogLine[] = [];
  const calls: BranchCall[] = [];
  const hanging = Promise.withResolvers<BranchCall>();
  const released = Promise.withResolvers<BranchOutcome>();
  const log: EngineLog = {
    info: (event, fields) => lines.push({ level: "info", event, fields }),
    warn: (event, fields) => lines.push({ level: "warn", event, fields }),
    error: (event, fields, cause) => lines.push({ level: "error", event, fields, cause }),
  };
  const call = async (made: BranchCall): Promise<BranchOutcome> => {
    calls.push(made);
    if (made.url.endsWith("/fail")) return { kind: "failure", reason: "no money FAILURE" };
    if (made.url.endsWith("/ongoing")) return { kind: "ongoing" };
    const [, status] = /\/(\d{3})$/.exec(made.url) ?? [];
    if (status !== undefined) return { kind: "unknown", cause: `b: HTTP ${status}` };
    if (!made.url.endsWith("/hang")) return { kind: "success" };
    hanging.resolve(made);
    return released.promise;
  };
  const newGid = createGidSource({ clock, randomBytes: (count) => randomBytes(count) });
  const ports = {
    store,
    branches: { call, destinationOf },
    clock,
    random: Math.random,
    newGid,
    observe: logOfEvents(log),
  };
  const engine = new Engine(ports, LIMITS, "test");
  engine.start();
  return {
    engine,
    operations: new NotingOperations({ engine, version: "v0.1.0-test" }),
    store,
    log,
    lines,
    calls,
    hanging: hanging.promise,
    release: (outcome) => released.resolve(outcome),
    statusOf: async (gid) => (await store.load(gid as Gid))?.progress.status,
    storedCount: async () => (await store.list({ limit: 1_000, bytesMax: Infinity })).found.length,
    async [Symbol.asyncDispose]() {
      released.resolve({ kind: "success" });
      await engine.stop();
      await store.close();
    },
  };
}

const LIMITS = {
  retryBaseMs: 1_000,
  retryCapMs: 300_000,
  retryBudget: 10,
  inFlightMax: 100,
  waitingMax: 100,
  inHandBytesMax: 256 * 1_024 * 1_024,
  callsPerDestinationMax: 1_000,
  leaseMs: 10_000,
  branchTimeoutMs: 3_000,
  // Longer than a test may take, so a wait never ends because of this limit.
  waitMsMax: 3_600_000,
  drainMs: 1_000,
  timeoutToFailMs: 35_000,
  retainMs: 3_600_000,
  pollMs: 1_000,
};
