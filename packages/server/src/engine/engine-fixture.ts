/** A world for engine tests: a clock that is moved by hand, branches that are answered by hand, a gated store. */
import { Scheduler } from "@lockstep/testkit/simulator";
import { logOfEvents } from "../log/log-of-events.ts";
import { MemoryStore } from "../stores/memory/memory-store.ts";
import type { Operator } from "../transaction/decision.ts";
import type { BranchOutcome, EpochMs, Gid } from "../transaction/model.ts";
import { Engine } from "./engine.ts";
import type { EngineEvent } from "./events.ts";
import type { EngineLimits } from "./limits.ts";
import type {
  BranchCall,
  BranchCaller,
  Clock,
  NotCalled,
  Store,
  StoreTraits,
  WallClock,
  Write,
  WriteResult,
} from "./ports.ts";

/** Who asks, where a test is not about that. */
export const BY: Operator = { actor: "ann", reason: "ticket 7" };

export const LIMITS: EngineLimits = {
  inFlightMax: 10,
  waitingMax: 10,
  inHandBytesMax: 1_000_000,
  callsPerDestinationMax: 1_000,
  leaseMs: 10_000,
  branchTimeoutMs: 3_000,
  retryBaseMs: 1_000,
  retryCapMs: 300_000,
  retryBudget: 3,
  waitMsMax: 60_000,
  drainMs: 5_000,
  timeoutToFailMs: 35_000,
  retainMs: 86_400_000,
  pollMs: 1_000,
};

/** The clocks of the test that runs: two coordinators may have one each. */
const clocks = new Set<ManualClock>();

/** Time that moves only when a test says so. */
export class ManualClock implements Clock, WallClock {
  readonly #scheduler = new Scheduler();

  constructor() {
    clocks.add(this);
  }

  now(): EpochMs {
    return this.#scheduler.nowMs() as EpochMs;
  }

  elapsedMs(): number {
    return this.#scheduler.elapsedMs();
  }

  schedule(delayMs: number, wake: () => void): () => void {
    return this.#scheduler.schedule(delayMs, wake);
  }

  /** Also runs without the test, so that a test can await an answer of the engine. Only timers wait for the test. */
  soon(wake: () => void): void {
    this.#scheduler.soon(wake);
    setImmediate(() => void this.#scheduler.settle());
  }

  /** Time goes by and no timer fires, as when the machine stops a process for a while. */
  jump(ms: number): void {
    this.#scheduler.hold(ms);
  }

  /** Somebody sets the wall clock back (negative) or ahead. */
  setWall(byMs: number): void {
    this.#scheduler.setWall(byMs);
  }

  settle(): Promise<void> {
    return this.#scheduler.settle();
  }

  /** Moves on by `ms`: fires the timers that fall due, in their order, and lets everything happen that they cause. */
  advance(ms: number): Promise<void> {
    return this.#scheduler.advance(ms);
  }
}

/** Resolves when everything that promises and `soon` have begun is done, on every clock. */
export async function settled(): Promise<void> {
  for (let round = 0; round < Math.max(2, clocks.size); round += 1)
    for (const clock of clocks) await clock.settle();
}

/** One call that is out. */
export interface OpenCall {
  readonly call: BranchCall;
  readonly signal: AbortSignal;
  answer(outcome: BranchOutcome): void;
}

/** Branches that a test answers one by one. A call that is cut short is unknown, as `BranchCaller` says. */
export class ManualBranches implements BranchCaller {
  readonly open: OpenCall[] = [];
  /** Every call ever made, as `g1 a1` (gid, op, step). */
  readonly made: string[] = [];
  /** Answers at once instead of by hand. */
  auto: ((call: BranchCall) => BranchOutcome | NotCalled | undefined) | undefined;
  /** Tells the engine that discovery has found an instance. */
  found: (destination: string) => void = () => undefined;

  onFound(listener: (destination: string) => void): void {
    this.found = listener;
  }

  call(call: BranchCall, { signal }: { readonly signal: AbortSignal }): Promise<BranchOutcome | NotCalled> {
    this.made.push(`${call.gid} ${call.op[0]}${Number(call.branchId)}`);
    const outcome = this.auto?.(call);
    if (outcome !== undefined) return Promise.resolve(outcome);
    return new Promise((resolve) => {
      const end = (ended: BranchOutcome): void => {
        if (this.open.includes(one)) this.open.splice(this.open.indexOf(one), 1);
        resolve(ended);
      };
      const one: OpenCall = { call, signal, answer: end };
      this.open.push(one);
      signal.addEventListener("abort", () => end({ kind: "unknown", cause: "cut off" }));
    });
  }

  /** By the host alone: the fixture's URLs have no other form. */
  destinationOf(url: string): string {
    return url.split("/", 3).join("/");
  }

  /** Answers the call that is out as `a1` or `c2` of any transaction, or of `gid`. */
  async answer(name: string, outcome: BranchOutcome, gid?: string): Promise<void> {
    await settled();
    const found = this.open.find(
      ({ call }) => `${call.op[0]}${Number(call.branchId)}` === name && (gid ?? call.gid) === call.gid,
    );
    if (found === undefined) throw new Error(`no call ${name} is out; made so far: ${this.made.join(", ")}`);
    found.answer(outcome);
    await settled();
  }
}

/** A memory store whose flushes can be held back, made to fail, and counted. Two coordinators can share it. */
export class GatedStore extends MemoryStore {
  override traits: StoreTraits;
  readonly writes: Write[] = [];
  /** While set, every flush waits for it (and fails when it rejects). */
  gate: Promise<void> | undefined;

  constructor({ clock, traits = {} }: { readonly clock: WallClock; readonly traits?: Partial<StoreTraits> }) {
    super({ clock, exclusive: false });
    this.traits = { exclusive: false, flushesMax: 1, ...traits };
  }

  override async write(...[writes, terms]: Parameters<Store["write"]>): Promise<readonly WriteResult[]> {
    await this.gate;
    this.writes.push(...writes);
    return super.write(writes, terms);
  }
}

export interface World {
  readonly clock: ManualClock;
  readonly branches: ManualBranches;
  readonly store: GatedStore;
  readonly engine: Engine;
  readonly warnings: string[];
  readonly events: readonly EngineEvent[];
}

/** An engine in its world. Two worlds with the same `store` are two coordinators on one store. */
export function aWorld(
  over: {
    readonly limits?: Partial<EngineLimits>;
    readonly store?: GatedStore;
    readonly clock?: ManualClock;
    readonly owner?: string;
  } = {},
): World {
  const clock = over.clock ?? new ManualClock();
  const branches = new ManualBranches();
  const store = over.store ?? new GatedStore({ clock });
  const warnings: string[] = [];
  const events: EngineEvent[] = [];
  const logged = logOfEvents({
    info: () => undefined,
    warn: (event) => warnings.push(event),
    error: (event, _fields, cause) => warnings.push(`${event}: ${String(cause)}`),
  });
  let made = 0;
  const engine = new Engine(
    {
      store,
      branches,
      clock,
      random: () => 0.5,
      newGid: () => `gid-${++made}` as Gid,
      observe(event) {
        events.push(event);
        // What branches answer is the script of the test, and no warning.
        if (event.kind !== "unclear" && event.kind !== "destinationSilent") logged(event);
      },
    },
    { ...LIMITS, ...over.limits },
    over.owner ?? "one",
  );
  engine.start();
  return { clock, branches, store, engine, warnings, events };
}

/** The status of the stored transaction. */
export async function statusOf({ store }: World, gid = "g1"): Promise<string | undefined> {
  return (await store.load(gid as Gid))?.progress.status;
}

/** The value of a promise, or "pending" while it has none. */
export async function nowOf<T>(promise: Promise<T>): Promise<T | "pending"> {
  await settled();
  return Promise.race([promise, Promise.resolve("pending" as const)]);
}

/** A promise that a test settles. */
export function gate(): { readonly wait: Promise<void>; open(): void; fail(error: Error): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => undefined);
  return { wait: promise, open: resolve, fail: reject };
}

/** Makes every flush fail until `end` is called. */
export function failing(world: World): { end(): void } {
  world.store.gate = Promise.reject(new Error("disk full"));
  world.store.gate.catch(() => undefined);
  return {
    end() {
      world.store.gate = undefined;
    },
  };
}
