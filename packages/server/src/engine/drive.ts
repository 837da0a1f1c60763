/**
 * Drives one transaction while this coordinator holds its lease: decide, make durable, act, hear the answers.
 *
 * Owns the transaction's state in memory, its calls and its timers. The engine makes one per leased
 * transaction and hears when it ends. Decides nothing itself; what it keeps true:
 *
 * - D1: Events are taken one after the other, and a decision that must be durable first is, before its
 *   effects begin (I1, I2).
 * - D2: At most one write of the transaction is on its way, each over the version of the one before (I6).
 * - D3: After a lost lease nothing is called or written any more (I6).
 * - D4: While all its calls stand in line for their destinations it holds no place (I9).
 */

import type { Effect, TransactionEvent } from "../transaction/decision.ts";
import { invariant, unreachable } from "../transaction/invariant.ts";
import {
  branchIdOf,
  type EpochMs,
  isFinal,
  type SagaOp,
  type Step,
  type Transaction,
} from "../transaction/model.ts";
import { decideSaga } from "../transaction/saga/decide.ts";
import type { Committer } from "./committer.ts";
import { type Destinations, destinationOf } from "./destinations.ts";
import type { Keeper } from "./keeper.ts";
import { type EngineLimits, LEASE_MARGIN_SHARE, PROGRESS_DELAY_MS } from "./limits.ts";
import type { BranchCaller, Clock, Random } from "./ports.ts";

/**
 * - `let go`: written without the lease: final, parked, or waiting for its next run.
 * - `lost`: the lease or the store is gone; whoever finds it free takes over.
 */
export type DriveEnd = "let go" | "lost";

export interface DriveContext {
  readonly branches: BranchCaller;
  readonly clock: Clock;
  readonly random: Random;
  readonly committer: Committer;
  readonly keeper: Keeper;
  readonly limits: EngineLimits;
  readonly destinations: Destinations;
  /** All its calls stand in line for their destinations (true), or one has got its turn again (false). */
  onSuspended(isSuspended: boolean): void;
  /** Called once, after the last write. `transaction` is what is stored when `end` is "let go". */
  onEnd(drive: Drive, end: DriveEnd): void;
}

/** A transaction whose lease this coordinator holds. */
export interface Leased {
  readonly stored: Transaction;
  /** What it is driven from: as stored, or as it looks to whoever takes it over. */
  readonly transaction: Transaction;
  readonly version: number;
  /** When the lease was asked for, on this coordinator's clock. */
  readonly leasedAt: EpochMs;
}

export class Drive {
  readonly #context: DriveContext;
  readonly #calls = new AbortController();
  readonly #events: Queued[] = [];
  #transaction: Transaction;
  /** The newest state known to be in the store, and the version it has there. */
  #stored: Transaction;
  #version: number;
  /** When the lease was last taken or extended, on this coordinator's clock. */
  #leasedAt: EpochMs;
  #saving: Promise<boolean> = Promise.resolve(true);
  #isRunning = false;
  #isReleased = false;
  #end: DriveEnd | undefined;
  #cancelWake: (() => void) | undefined;
  #cancelLazySave: (() => void) | undefined;
  /** Calls that are out, and those that stand in line for their destination. */
  #outCount = 0;
  readonly #waiting = new Set<WaitingCall>();
  #isSuspended = false;

  constructor(context: DriveContext, leased: Leased) {
    this.#context = context;
    this.#transaction = leased.transaction;
    this.#stored = leased.stored;
    this.#version = leased.version;
    this.#leasedAt = leased.leasedAt;
  }

  /** What is durable of it. */
  get stored(): Transaction {
    return this.#stored;
  }

  /** It holds no place: all its calls stand in line. */
  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  get leasedAt(): EpochMs {
    return this.#leasedAt;
  }

  /** Takes an event in, after those before it. Resolves true when its decision was carried out. */
  tell(event: TransactionEvent): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#end === undefined) this.#enqueue({ event, resolve });
      else resolve(false);
    });
  }

  /** The lease was extended at `leasedAt`. */
  renewed(leasedAt: EpochMs): void {
    this.#leasedAt = leasedAt;
  }

  /** The lease is gone: cuts calls off and writes nothing more (D3). */
  lose(): void {
    this.#finish("lost");
  }

  /** Cuts off the calls that are out, as unknown, and those in line, as never made; so it is let go. */
  cutOff(): void {
    this.#calls.abort(new Error("the coordinator is stopping"));
    this.#turnDown([...this.#waiting]);
  }

  /** Lets go of a transaction that was never started, for shutdown. Once. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#context.keeper.keep(this.#save(false).then((saved) => this.#finish(saved ? "let go" : "lost")));
  }

  #enqueue(queued: Queued): void {
    this.#events.push(queued);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#context.keeper.keep(this.#run());
  }

  async #run(): Promise<void> {
    try {
      for (let queued = this.#events.shift(); queued !== undefined; queued = this.#events.shift()) {
        // Nothing awaits here unless the decision must be durable first: most answers cost no turn of the loop.
        const taken = this.#take(queued.event);
        queued.resolve(taken === true || (taken !== false && (await taken)));
        if (this.#end !== undefined) return;
      }
    } catch (bug) {
      // The stored record is untouched by a bug here; after the lease somebody starts from it again.
      this.#finish("lost");
      throw bug;
    } finally {
      this.#isRunning = false;
    }
  }

  /** One event: decided, made durable where it must be, carried out. */
  #take(event: TransactionEvent): boolean | Promise<boolean> {
    const { clock, random, limits } = this.#context;
    const moment = { now: clock.now(), unit: random(), policy: limits };
    const { next, effects, persist, hold } = decideSaga(this.#transaction, event, moment);
    this.#transaction = next;
    if (next.progress.status !== "submitted") {
      // An action that gets its turn after the decision to roll back must not run.
      this.#turnDown([...this.#waiting].filter(({ op }) => op === "action"));
    }
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    if (persist === "first") return this.#saveFirst({ effects, hold });
    if (persist === "lazy") this.#saveLater();
    return this.#obey(effects);
  }

  async #saveFirst({ effects, hold }: { effects: readonly Effect[]; hold: boolean }): Promise<boolean> {
    if (!(await this.#save(hold))) {
      this.#finish("lost");
      return false;
    }
    if (hold) return this.#obey(effects);
    this.#finish("let go");
    return true;
  }

  #obey(effects: readonly Effect[]): boolean {
    if (this.#end !== undefined) return false;
    const { clock, limits } = this.#context;
    const ageMs = clock.now() - this.#leasedAt;
    if (ageMs >= limits.leaseMs * (1 - LEASE_MARGIN_SHARE)) {
      this.#finish("lost");
      return false;
    }
    for (const effect of effects) {
      if (effect.kind === "call") this.#callInTurn(effect.step, effect.op);
      else if (effect.kind === "wake") this.#wakeAt(effect.at);
      else unreachable(effect);
    }
    this.#suspendOrResume();
    return true;
  }

  #wakeAt(at: EpochMs): void {
    const { clock } = this.#context;
    this.#cancelWake = clock.schedule(Math.max(0, at - clock.now()), () => {
      this.#cancelWake = undefined;
      if (this.#end === undefined) this.#enqueue({ event: { kind: "drive" }, resolve: () => undefined });
    });
  }

  /** Calls at once, or when the destination has a turn for it (I9). */
  #callInTurn(step: number, op: SagaOp): void {
    const { destinations, keeper } = this.#context;
    const target = this.#transaction.definition.steps[step];
    invariant(target !== undefined, "a decision calls only steps that exist");
    const destination = destinationOf(target[op]);
    const begin = (): void => {
      this.#outCount += 1;
      keeper.keep(this.#call(target, { step, op, destination }));
    };
    if (destinations.enter(destination)) {
      begin();
      return;
    }
    const stepOut = destinations.wait(destination, () => {
      this.#waiting.delete(waiting);
      begin();
      this.#suspendOrResume();
    });
    const waiting: WaitingCall = { step, op, stepOut };
    this.#waiting.add(waiting);
  }

  /** Takes calls that were never made back. */
  #turnDown(calls: Iterable<WaitingCall>): void {
    for (const call of calls) {
      const { step, op, stepOut } = call;
      stepOut();
      this.#waiting.delete(call);
      this.#enqueue({ event: { kind: "notCalled", step, op }, resolve: () => undefined });
    }
  }

  #suspendOrResume(): void {
    const isSuspended = this.#outCount === 0 && this.#waiting.size > 0;
    if (isSuspended === this.#isSuspended || this.#end !== undefined) return;
    this.#isSuspended = isSuspended;
    this.#context.onSuspended(isSuspended);
  }

  async #call(target: Step, { step, op, destination }: Turn): Promise<void> {
    const { branches, clock, limits, destinations } = this.#context;
    const { gid, transType, protocol, options } = this.#transaction.definition;
    const startedAt = clock.now();
    const call = {
      gid,
      transType,
      protocol,
      branchId: branchIdOf(step),
      op,
      url: target[op],
      payload: target.payload,
      headers: options.branchHeaders,
      timeoutMs: options.requestTimeoutMs > 0 ? options.requestTimeoutMs : limits.branchTimeoutMs,
    };
    const outcome = await branches.call(call, { signal: this.#calls.signal });
    this.#outCount -= 1;
    destinations.leave(destination);
    if (this.#end !== undefined) return;
    this.#enqueue({ event: { kind: "answered", step, op, outcome, startedAt }, resolve: () => undefined });
  }

  /** Progress that only saves a repeated call rides along with the next write, or goes by itself a little later. */
  #saveLater(): void {
    if (this.#cancelLazySave !== undefined) return;
    this.#cancelLazySave = this.#context.clock.schedule(PROGRESS_DELAY_MS, () => {
      this.#cancelLazySave = undefined;
      this.#context.keeper.keep(
        this.#save(true).then((saved) => {
          if (!saved) this.#finish("lost");
        }),
      );
    });
  }

  /** Writes what is newest when its turn comes (D2). False when the lease or the store is lost. */
  #save(hold: boolean): Promise<boolean> {
    const transaction = this.#transaction;
    this.#saving = this.#saving.then(
      (saved) => saved && this.#end === undefined && this.#write(transaction, hold),
    );
    return this.#saving;
  }

  async #write(transaction: Transaction, hold: boolean): Promise<boolean> {
    if (transaction === this.#stored && hold) return true;
    const { committer, clock } = this.#context;
    const leasedAt = clock.now();
    const expectedVersion = this.#version;
    const { gid } = transaction.definition;
    const { progress } = transaction;
    invariant(!isFinal(this.#stored.progress.status), "I3: a final transaction is never written");
    const result = await committer.write({ kind: "update", gid, expectedVersion, progress, hold });
    if (result !== "stored") return false;
    this.#version = expectedVersion + 1;
    this.#stored = transaction;
    this.#leasedAt = leasedAt;
    return true;
  }

  #finish(end: DriveEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#cancelWake?.();
    this.#cancelLazySave?.();
    for (const { stepOut } of this.#waiting) stepOut();
    this.#waiting.clear();
    if (this.#outCount > 0) this.#calls.abort(new Error("the transaction is no longer driven here"));
    for (const { resolve } of this.#events.splice(0)) resolve(false);
    this.#context.onEnd(this, end);
  }
}

/** A call that has its turn at its destination. */
interface Turn {
  readonly step: number;
  readonly op: SagaOp;
  readonly destination: string;
}

/** A call that stands in line for its destination. */
interface WaitingCall {
  readonly step: number;
  readonly op: SagaOp;
  stepOut(): void;
}

interface Queued {
  readonly event: TransactionEvent;
  readonly resolve: (carriedOut: boolean) => void;
}
