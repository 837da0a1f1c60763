/**
 * The coordinator without its doors: takes transactions in, drives them, and looks after those that others
 * left behind.
 *
 * Owns every transaction that this process holds a lease on. The doors call it; it knows ports, no adapter.
 * Accepted means durable (I8), driven by at most one coordinator (I6), and never more than it can do (I10).
 */

import type { TransactionEvent } from "../transaction/decision.ts";
import { type Definition, type EpochMs, type Gid, isFinal, type Transaction } from "../transaction/model.ts";
import {
  type Ruling,
  ruleAbort,
  ruleForceStop,
  rulePrepare,
  ruleRetryNow,
  ruleSubmit,
} from "../transaction/rulings.ts";
import { createSaga, submitPrepared } from "../transaction/saga/create.ts";
import { takeOver } from "../transaction/saga/take-over.ts";
import { type ChangeAnswer, type Refusal, StoreUnavailable, type SubmitAnswer } from "./answers.ts";
import { Committer } from "./committer.ts";
import { Drive, type DriveContext, type DriveEnd, type Leased } from "./drive.ts";
import { Keeper } from "./keeper.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { CONTENTION_TRIES_MAX, type EngineLimits } from "./limits.ts";
import type {
  ClaimedTransaction,
  LeaseTerms,
  ListQuery,
  Ports,
  StoredTransaction,
  WriteResult,
} from "./ports.ts";
import { Recovery } from "./recovery.ts";
import { Retention } from "./retention.ts";
import { Slots } from "./slots.ts";
import { type Wait, Waiters } from "./waiters.ts";

export interface SubmitOptions {
  /** How long to wait for the result, at most `limits.waitMsMax`; null: answer as soon as it is stored. */
  readonly waitMs: number | null;
  /** Ends the wait early; the transaction goes on. */
  readonly signal?: AbortSignal;
}

export class Engine {
  readonly #ports: Ports;
  readonly #limits: EngineLimits;
  readonly #terms: LeaseTerms;
  readonly #committer: Committer;
  readonly #keeper: Keeper;
  readonly #slots: Slots;
  readonly #waiters: Waiters;
  readonly #leases: LeaseKeeper;
  readonly #recovery: Recovery;
  readonly #retention: Retention;
  readonly #drives = new Map<Gid, Drive>();
  /** Drives that wait for a place. */
  readonly #queued = new Set<Drive>();
  readonly #context: DriveContext;
  #isStopping = false;
  #onIdle: (() => void) | undefined;

  /** `owner` names this process among all that share the store; no two may have the same. */
  constructor(ports: Ports, limits: EngineLimits, owner: string) {
    const { clock, log, store } = ports;
    this.#ports = ports;
    this.#limits = limits;
    this.#terms = { owner, leaseMs: limits.leaseMs };
    this.#keeper = new Keeper((bug) => log.error("background work failed", {}, bug));
    this.#committer = new Committer({ store, clock }, this.#terms);
    this.#slots = new Slots(limits);
    this.#waiters = new Waiters(clock);
    this.#leases = new LeaseKeeper(ports, this.#terms, { drives: this.#drives, keeper: this.#keeper });
    this.#recovery = new Recovery(ports, this.#terms, {
      pollMs: limits.pollMs,
      keeper: this.#keeper,
      room: () => this.#slots.free,
      adopt: (claimed, leasedAt) => this.#adopt(claimed, leasedAt),
    });
    this.#retention = new Retention(ports, { retainMs: limits.retainMs, keeper: this.#keeper });
    this.#context = {
      branches: ports.branches,
      clock,
      random: ports.random,
      committer: this.#committer,
      keeper: this.#keeper,
      limits,
      onEnd: (drive, end) => this.#ended(drive, end),
    };
  }

  /** Begins to look after what is stored. Once. */
  start(): void {
    this.#leases.start();
    this.#recovery.start();
    this.#retention.start();
  }

  newGid(): Gid {
    return this.#ports.newGid();
  }

  /** Stores and drives. A repeat changes nothing and may wait for the one that runs (I7). */
  async submit(definition: Definition, options: SubmitOptions): Promise<SubmitAnswer> {
    const busy = this.#refuseWhenStopping();
    if (busy !== undefined) return busy;
    if (!this.#slots.reserve()) return this.#overloaded();
    const wait = this.#waitFor(definition.gid, options);
    const refusal = await this.#store(definition);
    if (refusal !== undefined || wait === undefined) {
      wait?.giveUp();
      return refusal ?? { kind: "accepted" };
    }
    return resultOf((await wait.ended) ?? (await this.#known(definition.gid)));
  }

  /** Stores without driving; it waits for its submit. Idempotent. */
  async prepare(definition: Definition): Promise<ChangeAnswer> {
    const busy = this.#refuseWhenStopping();
    if (busy !== undefined) return busy;
    const transaction = createSaga(definition, "prepared", this.#ports.clock.now());
    const result = await this.#write({ kind: "create", transaction, hold: false });
    if (typeof result === "object") return result;
    if (result === "stored") return { kind: "done" };
    return this.#ruled(
      definition.gid,
      (stored) => rulePrepare(stored, definition),
      async () => undefined,
    );
  }

  /** A caller asks to roll back. A saga's caller cannot; the answer says so. */
  async abort(
    gid: Gid,
    _asked: { readonly transType: string; readonly reason: string },
  ): Promise<ChangeAnswer> {
    return this.#ruled(gid, ruleAbort, async () => undefined);
  }

  /** A person ends it as `failed`, without compensation; who and why are stored. */
  async forceStop(gid: Gid, { actor, reason }: { actor: string; reason: string }): Promise<ChangeAnswer> {
    return this.#ruled(gid, ruleForceStop, () => this.#ask(gid, { kind: "forceStop", actor, reason }));
  }

  /** A person asks for the next attempt now; a parked transaction gets a new budget. */
  async retryNow(gid: Gid): Promise<ChangeAnswer> {
    return this.#ruled(gid, ruleRetryNow, () => this.#ask(gid, { kind: "retryNow" }));
  }

  /** @throws StoreUnavailable */
  load(gid: Gid): Promise<StoredTransaction | undefined> {
    return orUnavailable(this.#ports.store.load(gid));
  }

  /** @throws StoreUnavailable */
  list(query: ListQuery): Promise<readonly StoredTransaction[]> {
    return orUnavailable(this.#ports.store.list(query));
  }

  /** Rejects when it cannot take transactions on: it is stopping, or its store is not there. */
  async ready(): Promise<void> {
    if (this.#isStopping) throw new StoreUnavailable(new Error("the coordinator is stopping"));
    await orUnavailable(this.#ports.store.ping());
  }

  /** How busy it is, for people and metrics. */
  get occupancy(): { readonly inFlight: number; readonly waiting: number } {
    return { inFlight: this.#slots.inFlight, waiting: this.#slots.waiting };
  }

  /** Takes nothing on any more, lets what is in flight end within `drainMs`, and lets go of the rest. */
  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#recovery.stop();
    this.#retention.stop();
    this.#releaseQueued();
    await this.#idleWithin(this.#limits.drainMs);
    for (const drive of this.#drives.values()) drive.cutOff();
    await this.#idleWithin(this.#limits.drainMs);
    for (const drive of [...this.#drives.values()]) drive.lose();
    this.#leases.stop();
    this.#waiters.giveUp();
    await this.#keeper.settled();
  }

  /** Creates it, or brings a stored one on its way; answers why not. Uses up one reservation. */
  async #store(definition: Definition): Promise<Refusal | undefined> {
    const leasedAt = this.#ports.clock.now();
    const created = createSaga(definition, "submitted", leasedAt);
    const result = await this.#write({ kind: "create", transaction: created, hold: true });
    if (result === "stored") {
      this.#enter({ stored: created, transaction: created, version: 1, leasedAt });
      return undefined;
    }
    const isTaken = result === "exists";
    const answer = isTaken ? await this.#storeOver(definition) : (result as Refusal);
    if (answer === "entered") return undefined;
    this.#slots.cancel();
    return answer;
  }

  /** The gid is taken: a prepared one is submitted now, a repeat is ruled on what is stored. */
  async #storeOver(definition: Definition): Promise<Refusal | "entered" | undefined> {
    for (let tries = 0; tries < CONTENTION_TRIES_MAX; tries += 1) {
      const stored = await this.#loadOr(definition.gid);
      if (isRefusal(stored)) return stored;
      const ruling = ruleSubmit(stored, definition);
      if (ruling.kind === "refused") return ruling;
      if (ruling.kind === "done") return undefined;
      const leasedAt = this.#ports.clock.now();
      const next = submitPrepared(stored, definition, leasedAt);
      const { gid } = definition;
      const update = { kind: "update", gid, expectedVersion: stored.version, ...next, hold: true } as const;
      const result = await this.#write(update);
      if (result === "stored") {
        this.#enter({ stored: next, transaction: next, version: stored.version + 1, leasedAt });
        return "entered";
      }
      if (typeof result === "object") return result;
    }
    return contended(definition.gid);
  }

  /** Rules on what is stored; `go` carries it out, and is repeated when somebody else was faster. */
  async #ruled(
    gid: Gid,
    rule: (stored: Transaction) => Ruling,
    go: () => Promise<"again" | Refusal | undefined>,
  ): Promise<ChangeAnswer> {
    for (let tries = 0; tries < CONTENTION_TRIES_MAX; tries += 1) {
      const stored = this.#drives.get(gid)?.stored ?? (await this.#loadOr(gid));
      if (isRefusal(stored)) return stored;
      const ruling = rule(stored);
      if (ruling.kind === "refused") return ruling;
      if (ruling.kind === "done") return { kind: "done" };
      const result = await go();
      if (result === undefined) return { kind: "done" };
      if (result !== "again") return result;
    }
    return contended(gid);
  }

  /** Puts a person's event to whoever drives it here, or takes the lease to do so. */
  async #ask(gid: Gid, event: TransactionEvent): Promise<"again" | Refusal | undefined> {
    const drive = this.#drives.get(gid);
    if (drive !== undefined) return (await drive.tell(event)) ? undefined : "again";
    const leasedAt = this.#ports.clock.now();
    const { store } = this.#ports;
    const claim = { ...this.#terms, gid, ignoreLeases: store.traits.exclusive };
    try {
      const claimed = await store.claim(claim);
      if (claimed === "held") return heldElsewhere(gid);
      if (claimed === undefined) return "again";
      return (await this.#take(claimed, leasedAt, event)) ? undefined : "again";
    } catch (cause) {
      return this.#unavailable(cause, gid);
    }
  }

  #take(claimed: ClaimedTransaction, leasedAt: EpochMs, event: TransactionEvent): Promise<boolean> {
    this.#slots.insist();
    return this.#open(leasedOf(claimed, leasedAt)).tell(event);
  }

  /** One that was found due in the store. */
  #adopt(claimed: ClaimedTransaction, leasedAt: EpochMs): void {
    const drive = this.#open(leasedOf(claimed, leasedAt));
    this.#queued.add(drive);
    this.#slots.line(() => this.#startQueued(drive));
    if (this.#isStopping) this.#releaseQueued();
  }

  /** One that was just stored, in a free place or in the line for one. Uses up one reservation. */
  #enter(leased: Leased): void {
    const drive = this.#open(leased);
    this.#queued.add(drive);
    this.#slots.enter(() => this.#startQueued(drive));
    if (this.#isStopping) this.#releaseQueued();
  }

  /** Whether it still needs its place: a lost lease or a stop may have come first. */
  #startQueued(drive: Drive): boolean {
    if (this.#isStopping || !this.#queued.delete(drive)) return false;
    this.#keeper.keep(drive.tell({ kind: "drive" }));
    return true;
  }

  #releaseQueued(): void {
    for (const drive of this.#queued) drive.release();
  }

  #open(leased: Leased): Drive {
    const { gid } = leased.stored.definition;
    // Only after a stall longer than the lease: what was driven here is not ours to drive any more.
    this.#drives.get(gid)?.lose();
    const drive = new Drive(this.#context, leased);
    this.#drives.set(gid, drive);
    return drive;
  }

  #ended(drive: Drive, end: DriveEnd): void {
    const { definition, progress } = drive.stored;
    if (this.#drives.get(definition.gid) === drive) this.#drives.delete(definition.gid);
    if (!this.#queued.delete(drive)) this.#slots.leave();
    if (end === "lost") {
      this.#ports.log.warn("lost a transaction; it is taken up again when its lease has run out", {
        gid: definition.gid,
      });
    } else if (isFinal(progress.status)) {
      this.#waiters.answer(drive.stored);
    } else if (progress.parkedAt !== null) {
      this.#ports.log.warn("parked a transaction; a person must look at it", {
        gid: definition.gid,
        reason: progress.parkedReason,
      });
    }
    if (progress.nextRunAt !== null && !isFinal(progress.status)) this.#recovery.wakeAt(progress.nextRunAt);
    this.#recovery.roomMade();
    if (this.#drives.size === 0) this.#onIdle?.();
  }

  async #idleWithin(ms: number): Promise<void> {
    if (this.#drives.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#ports.clock.schedule(ms, resolve);
      this.#onIdle = () => {
        cancel();
        resolve();
      };
    });
    this.#onIdle = undefined;
  }

  #waitFor(gid: Gid, { waitMs, signal }: SubmitOptions): Wait | undefined {
    if (waitMs === null) return undefined;
    return this.#waiters.wait(gid, { waitMs: Math.min(waitMs, this.#limits.waitMsMax), signal });
  }

  /** What is durably known of one whose wait has ended. */
  async #known(gid: Gid): Promise<Transaction | undefined> {
    return this.#drives.get(gid)?.stored ?? (await this.load(gid).catch(() => undefined));
  }

  async #write(write: Parameters<Committer["write"]>[0]): Promise<WriteResult | Refusal> {
    try {
      return await this.#committer.write(write);
    } catch (cause) {
      return this.#unavailable(cause, write.kind === "create" ? write.transaction.definition.gid : write.gid);
    }
  }

  async #loadOr(gid: Gid): Promise<StoredTransaction | Refusal> {
    try {
      const stored = await this.#ports.store.load(gid);
      if (stored !== undefined) return stored;
    } catch (cause) {
      return this.#unavailable(cause, gid);
    }
    return { kind: "refused", code: "unknown_gid", message: `no TransGlobal with gid: ${gid} found` };
  }

  #unavailable(cause: unknown, gid: Gid): Refusal {
    this.#ports.log.error("the store failed", { gid }, cause);
    const message =
      "the coordinator's store cannot be used at the moment; ask again, the gid makes that safe";
    return { kind: "refused", code: "unavailable", message };
  }

  #refuseWhenStopping(): Refusal | undefined {
    if (!this.#isStopping) return undefined;
    const message = "this coordinator is stopping and takes nothing on; ask another, or ask again";
    return { kind: "refused", code: "unavailable", message };
  }

  #overloaded(): Refusal {
    const { inFlightMax, waitingMax } = this.#limits;
    const message =
      `${inFlightMax} transactions are in flight and ${waitingMax} wait (inFlightMax, waitingMax); ` +
      "nothing was stored, ask again later";
    return { kind: "refused", code: "overloaded", message };
  }
}

function resultOf(known: Transaction | undefined): SubmitAnswer {
  if (known === undefined) return { kind: "ongoing", status: "submitted" };
  const { status, reason } = known.progress;
  if (status === "succeed") return { kind: "succeed" };
  if (status === "failed" || status === "aborting") return { kind: "failed", reason };
  return { kind: "ongoing", status };
}

function leasedOf(claimed: ClaimedTransaction, leasedAt: EpochMs): Leased {
  const { definition, progress, version, abandoned } = claimed;
  const stored = { definition, progress };
  return { stored, transaction: takeOver(stored, abandoned), version, leasedAt };
}

function isRefusal(answer: StoredTransaction | Transaction | Refusal): answer is Refusal {
  return "kind" in answer;
}

function contended(gid: Gid): Refusal {
  const message = `the transaction '${gid}' is being changed by others; ask again`;
  return { kind: "refused", code: "unavailable", message };
}

function heldElsewhere(gid: Gid): Refusal {
  const message = `another coordinator is working on the transaction '${gid}'; ask again in a moment`;
  return { kind: "refused", code: "unavailable", message };
}

async function orUnavailable<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (cause) {
    throw new StoreUnavailable(cause);
  }
}
