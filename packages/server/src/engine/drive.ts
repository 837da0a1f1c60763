/**
 * Drives one transaction while this coordinator holds its lease: decide, make durable, act, hear the answers.
 *
 * Owns the transaction's state in memory and its timers. The dispatcher makes one for each leased transaction and hears
 * when it ends. A drive decides nothing itself; what it keeps true:
 *
 * - D1: Events are taken one after the other. A decision with `persist: "first"` is durable before its effects
 *   begin (I1, I2).
 * - D2: At most one write of the transaction is on its way, each over the version of the one before (I6).
 * - D3: After the lease is lost nothing is called or written any more (I6). A write that failed may be in the store,
 *   so nobody knows over which version the next write must go: the lease then counts as lost.
 * - D4: While all calls of a drive stand in line for their destinations, the drive holds no place (I9).
 */

import { decide } from "../transaction/decide.ts";
import type { Effect, TransactionEvent } from "../transaction/decision.ts";
import { invariant, unreachable } from "../transaction/invariant.ts";
import { type EpochMs, isFinal, type Transaction } from "../transaction/model.ts";
import { type OpPlace, opOf } from "../transaction/progress.ts";
import { weightOf } from "../transaction/weight.ts";
import { StoreUnavailable, UnwritableContent } from "./answers.ts";
import { Calls, type CallsContext, type CallsOwner, type CallToMake } from "./calls.ts";
import type { Committer } from "./committer.ts";
import { LEASE_MARGIN_SHARE, PROGRESS_DELAY_MS } from "./limits.ts";
import type { Random, WriteResult } from "./ports.ts";
import { unclearAnswerOf } from "./unclear-answer.ts";
import { waitsForOf } from "./waits-for.ts";

/**
 * - `letGo`: written without the lease: final, parked, waiting for its next run, or left to the next coordinator.
 * - `lost`: the lease or the store is gone; the coordinator that finds the transaction free takes over.
 */
export type DriveEnd = "letGo" | "lost";

export interface DriveContext extends CallsContext {
  readonly random: Random;
  readonly committer: Committer;
  /** Whether another coordinator can take the lease when it runs out. */
  readonly canLoseLease: boolean;
  /** All calls of the drive stand in line for their destinations (true), or not any more (false). */
  onSuspended(isSuspended: boolean): void;
  /** An op of a transaction that is being rolled back got an answer that settles nothing; it will be asked again. */
  onUnclear(stored: Transaction): void;
  /** Called once, after the last write. `drive.stored` is what is stored when `end` is "letGo". */
  onEnd(drive: Drive, end: DriveEnd): void;
}

/** A transaction whose lease this coordinator holds. */
export interface Leased {
  readonly stored: Transaction;
  /** The transaction to start from: as it is stored, or, after a take-over, as `takeOver` answers it. */
  readonly transaction: Transaction;
  readonly version: number;
  /** When the lease was asked for, on this coordinator's monotonic clock. */
  readonly leasedAtMs: number;
}

export class Drive {
  /** Bytes of the transaction's content when the drive began, about. */
  readonly weight: number;
  readonly #context: DriveContext;
  readonly #calls: Calls;
  readonly #events: Queued[] = [];
  #transaction: Transaction;
  /** The newest state known to be in the store, and the version it has there. */
  #stored: Transaction;
  #version: number;
  /** When the lease was last taken or extended, on this coordinator's monotonic clock. */
  #leasedAtMs: number;
  #saving: Promise<boolean> = Promise.resolve(true);
  #isWriting = false;
  #isRunning = false;
  #isReleased = false;
  #end: DriveEnd | undefined;
  #cancelWake: (() => void) | undefined;
  #cancelLazySave: (() => void) | undefined;

  constructor(context: DriveContext, leased: Leased) {
    this.#context = context;
    this.#transaction = leased.transaction;
    this.#stored = leased.stored;
    this.#version = leased.version;
    this.#leasedAtMs = leased.leasedAtMs;
    this.weight = weightOf(leased.stored);
    this.#calls = new Calls(context, () => this.#transaction, this.#asOwner());
  }

  /** The newest state that is known to be durable. */
  get stored(): Transaction {
    return this.#stored;
  }

  /** It holds no place: all its calls stand in line. */
  get isSuspended(): boolean {
    return this.#calls.isSuspended;
  }

  get leasedAtMs(): number {
    return this.#leasedAtMs;
  }

  /** Whether the lease can still be relied on. */
  get holdsLease(): boolean {
    const { clock, limits, canLoseLease } = this.#context;
    const heldMs = clock.elapsedMs() - this.#leasedAtMs;
    return !canLoseLease || heldMs < limits.leaseMs * (1 - LEASE_MARGIN_SHARE);
  }

  /** Undefined while it is driven. */
  get end(): DriveEnd | undefined {
    return this.#end;
  }

  /** A write is on its way. It extends the lease or lets it go. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /**
   * Takes an event in, after the earlier ones. Resolves true when its decision is carried out, and durable where it
   * must be; false when the transaction is not driven here any more.
   */
  tell(event: TransactionEvent): Promise<boolean> {
    return new Promise((resolve) => this.#enqueue({ event, resolve }));
  }

  /** The lease was extended at `leasedAtMs`. */
  renewed(leasedAtMs: number): void {
    this.#leasedAtMs = leasedAtMs;
  }

  /** The lease is gone: cuts calls off and writes nothing more (D3). */
  lose(): void {
    this.#finish("lost");
  }

  /**
   * Leaves the transaction to the next coordinator, for a shutdown: cuts off the calls that are out and decides nothing
   * more. The next coordinator sees that these calls were made. The cut is no answer and counts against no limit.
   */
  release(): void {
    if (this.#isReleased || this.#end !== undefined) return;
    this.#isReleased = true;
    this.#calls.end("the coordinator is stopping");
    this.#context.background.keep(this.#save(false).then((saved) => this.#finish(saved ? "letGo" : "lost")));
  }

  #asOwner(): CallsOwner {
    return {
      mayCall: () => this.#mayAct(),
      heard: (event) => this.#enqueue({ event, resolve: () => undefined }),
      suspended: (isSuspended) => this.#context.onSuspended(isSuspended),
    };
  }

  #enqueue(queued: Queued): void {
    if (this.#end !== undefined || this.#isReleased) {
      queued.resolve(false);
      return;
    }
    this.#events.push(queued);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#context.background.keep(this.#run());
  }

  async #run(): Promise<void> {
    try {
      for (let queued = this.#events.shift(); queued !== undefined; queued = this.#events.shift()) {
        let isCarriedOut = false;
        try {
          // Awaits only when the decision must be durable first, so most answers cost no turn of the event loop.
          const taken = this.#take(queued.event);
          isCarriedOut = taken === true || (taken !== false && (await taken));
        } finally {
          queued.resolve(isCarriedOut);
        }
        if (this.#end !== undefined || this.#isReleased) return;
      }
    } catch (bug) {
      // A bug here does not change the stored record. When the lease has run out, a coordinator starts from it again.
      this.#finish("lost");
      throw bug;
    } finally {
      this.#isRunning = false;
    }
  }

  /** Decides one event, makes the decision durable when it must be, and carries it out. */
  #take(event: TransactionEvent): boolean | Promise<boolean> {
    const { now, random, limits } = this.#context;
    const moment = { now: now(), unit: random(), policy: limits };
    const { next, effects, persist, hold } = decide(this.#transaction, event, moment);
    if (event.kind === "answered" && next !== this.#transaction) this.#tellUnclear(next, event);
    this.#transaction = next;
    // Done at once, not after the write: not making a call does no harm, even when the write fails.
    for (const effect of effects) if (effect.kind === "takeBack") this.#calls.takeBack(effect);
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    if (persist === "first") return this.#saveFirst({ effects, hold });
    if (persist === "lazy") this.#saveLater();
    return this.#obey(effects);
  }

  /** Tells observers of an answer that settled nothing, and callers who wait where a rollback was durable before. */
  #tellUnclear(next: Transaction, answered: OpPlace): void {
    if (opOf(next.progress, answered).status !== "prepared") return;
    if (this.#transaction.progress.status === "aborting") this.#context.onUnclear(this.#stored);
    const unclear = unclearAnswerOf(next, answered, this.#context.branches);
    if (unclear !== undefined) this.#context.observe(unclear);
  }

  async #saveFirst({ effects, hold }: { effects: readonly Effect[]; hold: boolean }): Promise<boolean> {
    if (!(await this.#save(hold))) {
      this.#finish("lost");
      return false;
    }
    if (hold) return this.#obey(effects);
    this.#finish("letGo");
    return true;
  }

  #obey(effects: readonly Effect[]): boolean {
    // `release` came meanwhile. The decision is stored, and the next coordinator carries it out.
    if (this.#isReleased) return true;
    if (!this.#mayAct()) return false;
    const calls: CallToMake[] = [];
    for (const effect of effects) {
      switch (effect.kind) {
        case "call":
          calls.push(effect);
          break;
        case "wake":
          this.#wakeAt(effect.at);
          break;
        case "takeBack":
          break;
        default:
          unreachable(effect);
      }
    }
    this.#calls.make(calls);
    return true;
  }

  /** Whether the lease can still be relied on. If not, the drive ends here (D3). */
  #mayAct(): boolean {
    if (this.#end !== undefined) return false;
    if (this.holdsLease) return true;
    this.#finish("lost");
    return false;
  }

  #wakeAt(at: EpochMs): void {
    const { clock, now } = this.#context;
    this.#cancelWake = clock.schedule(Math.max(0, at - now()), () => {
      this.#cancelWake = undefined;
      this.#enqueue({ event: { kind: "drive" }, resolve: () => undefined });
    });
  }

  /** For progress whose loss costs only a repeated call: the next write carries it, or a timer starts a write. */
  #saveLater(): void {
    if (this.#cancelLazySave !== undefined) return;
    this.#cancelLazySave = this.#context.clock.schedule(PROGRESS_DELAY_MS, () => {
      this.#cancelLazySave = undefined;
      this.#context.background.keep(
        this.#save(true).then((saved) => {
          if (!saved) this.#finish("lost");
        }),
      );
    });
  }

  /** Writes the present state after the write before it (D2). False when the lease or the store is lost. */
  #save(hold: boolean): Promise<boolean> {
    const transaction = this.#transaction;
    this.#saving = this.#saving.then(
      (saved) => saved && this.#end === undefined && this.#write(transaction, hold),
    );
    return this.#saving;
  }

  async #write(transaction: Transaction, hold: boolean): Promise<boolean> {
    if (transaction === this.#stored && hold) return true;
    invariant(!isFinal(this.#stored.progress.status), "I3: a final transaction is never written");
    const leasedAtMs = this.#context.clock.elapsedMs();
    this.#isWriting = true;
    const result = await this.#commit(transaction, hold);
    this.#isWriting = false;
    if (result !== "stored") return false;
    this.#version += 1;
    this.#stored = transaction;
    this.#leasedAtMs = leasedAtMs;
    return true;
  }

  async #commit(next: Transaction, hold: boolean): Promise<WriteResult | "unknown"> {
    const { definition, branches, progress } = next;
    const stored = this.#stored;
    const waitsFor = waitsForOf(next, this.#context.branches);
    try {
      return await this.#context.committer.write({
        kind: "update",
        gid: definition.gid,
        expectedVersion: this.#version,
        progress,
        ...(waitsFor === undefined ? {} : { waitsFor }),
        ...(definition === stored.definition ? {} : { definition }),
        ...(branches.length === stored.branches.length
          ? {}
          : { registered: branches.slice(stored.branches.length) }),
        hold,
      });
    } catch (cause) {
      // The committer has reported this failure already, once for the whole flush.
      if (cause instanceof StoreUnavailable || cause instanceof UnwritableContent) return "unknown";
      throw cause;
    }
  }

  #finish(end: DriveEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#cancelWake?.();
    this.#cancelLazySave?.();
    this.#calls.end("the transaction is no longer driven here");
    for (const { resolve } of this.#events.splice(0)) resolve(false);
    this.#context.onEnd(this, end);
  }
}

interface Queued {
  readonly event: TransactionEvent;
  readonly resolve: (carriedOut: boolean) => void;
}
