/**
 * Runs the transactions that this process holds a lease on, in a limited number of places.
 *
 * Owns the drives, the line in front of the places, the renewal of leases, and recovery, which looks for due
 * transactions in the store. The engine hands in what it has just stored; recovery claims the rest.
 *
 * - F1: One drive per gid. When this process claims a transaction that it drives, the older drive ends as lost (I6).
 * - F2: A drive that ends gives its place back, however it ended.
 * - F3: After `stop` no drive is started; a drive that had not started is let go.
 */

import { firstCallOf } from "../transaction/advance.ts";
import type { TransactionEvent } from "../transaction/decision.ts";
import { type Asked, type EpochMs, type Gid, isFinal, type Transaction } from "../transaction/model.ts";
import { takeOver } from "../transaction/take-over.ts";
import { weightOf } from "../transaction/weight.ts";
import { UnreadableRecord } from "./answers.ts";
import { atMost } from "./at-most.ts";
import type { Background } from "./background.ts";
import type { Committer } from "./committer.ts";
import { Destinations } from "./destinations.ts";
import { Drive, type DriveContext, type DriveEnd, type Leased } from "./drive.ts";
import { GidMap } from "./gid-map.ts";
import { LeaseRenewal } from "./lease-renewal.ts";
import { DESTINATION_LINE_SHARE, type EngineLimits, LET_GO_MS } from "./limits.ts";
import { Outages, type Woken } from "./outages.ts";
import type { ClaimedTransaction, LeaseTerms, Ports } from "./ports.ts";
import { Recovery } from "./recovery.ts";
import { SilentDestinations } from "./silent-destinations.ts";
import { Slots } from "./slots.ts";

export interface DispatcherOptions {
  readonly terms: LeaseTerms;
  readonly limits: EngineLimits;
  readonly committer: Committer;
  readonly background: Background;
  /** Hears of each transaction that has become final, once it is durable. */
  onFinal(transaction: Transaction): void;
  /** Hears when an op of a transaction that is being rolled back gets no clear answer. */
  onUnclear(transaction: Transaction): void;
}

/**
 * - `told`: the drive took the event in, and what follows from it is durable.
 * - `gone`: the transaction was let go meanwhile; load it and try again.
 * - `lost`: the lease or the store was lost meanwhile; nobody knows whether the event was stored.
 * - `held`: another coordinator is working on it.
 * - `full`: all places and turns are taken (I10).
 */
export type AskResult = "told" | "gone" | "lost" | "held" | "full";

export class Dispatcher {
  readonly #ports: Ports;
  readonly #options: DispatcherOptions;
  readonly #slots: Slots;
  readonly #destinations: Destinations;
  readonly #outages: Outages;
  readonly #leases: LeaseRenewal;
  readonly #recovery: Recovery;
  readonly #context: DriveContext;
  readonly #drives = new GidMap<Drive>();
  /** Claims for a person's event that are under way: a second claim would end the drive of the first (F1). */
  readonly #claims = new Map<Gid, Promise<Drive | "held" | "gone">>();
  /** Drives that wait for a place. */
  readonly #queued = new Set<Drive>();
  /** Transactions to wake, because their destination answers again. */
  readonly #woken: Woken[] = [];
  #isWaking = false;
  #isStopping = false;
  #onIdle: (() => void) | undefined;

  constructor(ports: Ports, options: DispatcherOptions) {
    const { terms, limits, committer, background } = options;
    this.#ports = ports;
    this.#options = options;
    this.#slots = new Slots(limits);
    this.#destinations = new Destinations(limits);
    this.#outages = new Outages(ports.clock, (woken) => {
      this.#woken.push(...woken);
      this.#wakeInRoom();
    });
    ports.branches.onFound?.((destination) => this.#outages.found(destination));
    this.#leases = new LeaseRenewal(ports, terms, { drives: this.#drives, background });
    this.#recovery = new Recovery(ports, terms, {
      pollMs: limits.pollMs,
      background,
      room: () => this.#slots.room,
      isDrivenHere: (gid) => this.#drives.get(gid)?.holdsLease === true,
      adopt: (claimed, leasedAtMs) => this.#adopt(claimed, leasedAtMs, { kind: "drive" }),
    });
    const { branches, clock, random, observe, store } = ports;
    this.#context = {
      ...{ branches, clock, random, committer, background, limits, observe },
      now: () => store.now(),
      canLoseLease: !store.traits.exclusive,
      destinations: this.#destinations,
      outages: this.#outages,
      silent: new SilentDestinations({ clock, observe }),
      onSuspended: (isSuspended) => (isSuspended ? this.#suspended() : this.#slots.resume()),
      onUnclear: (stored) => options.onUnclear(stored),
      onEnd: (drive, end) => this.#ended(drive, end),
    };
  }

  start(): void {
    this.#leases.start();
    this.#recovery.start();
  }

  get occupancy(): { readonly inFlight: number; readonly waiting: number } {
    return { inFlight: this.#slots.inFlight, waiting: this.#slots.waiting };
  }

  /** What is durable of a transaction that is driven here. */
  storedOf(gid: Gid): Transaction | undefined {
    return this.#drives.get(gid)?.stored;
  }

  /** Sets a place or a turn aside for a transaction that is to be stored next; false when all are taken (I10). */
  reserve(transaction: Transaction): boolean {
    return this.#slots.reserve(weightOf(transaction));
  }

  /** Whether the line of the service that the transaction calls first is too long for one more (I9). */
  isCrowded(transaction: Transaction): boolean {
    if (this.#destinations.isQuiet) return false;
    const url = firstCallOf(transaction);
    if (url === undefined) return false;
    const destination = this.#ports.branches.destinationOf(url, transaction.definition.protocol);
    const waitingCount = this.#destinations.waitingFor(destination);
    return waitingCount > this.#options.limits.waitingMax * DESTINATION_LINE_SHARE;
  }

  /** Gives a reservation back unused. */
  cancel(transaction: Transaction): void {
    this.#slots.cancel(weightOf(transaction));
  }

  /** A transaction that is due at `at` was let go, or stored without a lease. */
  wakeAt(at: EpochMs): void {
    this.#recovery.wakeAt(at);
  }

  /**
   * Drives a transaction that was just stored, in a free place or when its turn comes. Uses up the reservation for
   * `reserved`, which is lighter where the submit of a prepared transaction named no branches.
   */
  enter(leased: Leased, reserved: Asked): void {
    const drive = this.#open(leased);
    this.#slots.hold(drive.weight - weightOf(reserved));
    this.#queued.add(drive);
    this.#slots.enter(() => this.#startQueued(drive, { kind: "drive" }));
    if (this.#isStopping) this.#releaseQueued();
  }

  /** Hands a person's event to the drive; claims the transaction for this when nobody drives it here. */
  async ask(gid: Gid, event: TransactionEvent): Promise<AskResult> {
    const drive = this.#drives.get(gid);
    if (drive !== undefined) {
      // The drive leaves the line and starts: a person's event does not wait for a place.
      if (this.#queued.delete(drive)) this.#slots.insist();
      return this.#put(drive, event);
    }
    const running = this.#claims.get(gid);
    if (running !== undefined) {
      await running;
      return "gone";
    }
    // A force stop ends the transaction and needs a place for a moment only; anything else may need one for long.
    if (event.kind !== "forceStop" && this.#slots.isFull) return "full";
    const claim = this.#claim(gid).finally(() => this.#claims.delete(gid));
    this.#claims.set(gid, claim);
    const claimed = await claim;
    if (typeof claimed === "string") return claimed;
    return this.#put(claimed, event);
  }

  async #put(drive: Drive, event: TransactionEvent): Promise<AskResult> {
    if (await drive.tell(event)) return "told";
    return drive.end === "lost" ? "lost" : "gone";
  }

  /** Lets what is in flight end within `drainMs`, cuts off the rest, and lets go of everything within `LET_GO_MS`. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopping = true;
    this.#recovery.stop();
    this.#releaseQueued();
    await this.#idleWithin(drainMs);
    for (const drive of this.#drives.values()) drive.release();
    await this.#idleWithin(LET_GO_MS);
    for (const drive of this.#drives.values()) drive.lose();
    this.#leases.stop();
  }

  /** Takes the lease of a transaction that is not driven here, and a place at once: a person does not wait for one. */
  async #claim(gid: Gid): Promise<Drive | "held" | "gone"> {
    const { store, clock } = this.#ports;
    const leasedAtMs = clock.elapsedMs();
    const claimed = await store.claim({ ...this.#options.terms, gid });
    if (claimed === "held") return "held";
    if (claimed === undefined) return "gone";
    const drive = this.#open(leasedOf(claimed, leasedAtMs));
    this.#slots.hold(drive.weight);
    this.#slots.insist();
    // The stop did not wait for this claim (F3).
    if (this.#isStopping) drive.release();
    return drive;
  }

  /** Wakes one transaction after the other, as long as there is room for them. */
  #wakeInRoom(): void {
    if (this.#isWaking || this.#woken.length === 0) return;
    this.#isWaking = true;
    const { background } = this.#options;
    background.keep(this.#wakeOnes().finally(() => (this.#isWaking = false)));
  }

  async #wakeOnes(): Promise<void> {
    try {
      for (let room = this.#slots.room; room.count > 0 && room.bytes > 0; room = this.#slots.room) {
        const woken = this.#isStopping ? undefined : this.#woken.shift();
        if (woken === undefined) return;
        await this.#wakeOne(woken);
      }
    } catch (cause) {
      // The store failed. All of them wait for their next attempt, as they did before.
      this.#woken.length = 0;
      this.#ports.observe({ kind: "claimFailed", cause });
    }
  }

  async #wakeOne({ gid, places }: Woken): Promise<void> {
    const event = { kind: "wake", places } as const;
    const drive = this.#drives.get(gid);
    // One that stands in line for a place is due already. One that was just let go has to be claimed.
    if (drive !== undefined && (this.#queued.has(drive) || (await drive.tell(event)))) return;
    if (this.#claims.has(gid)) return;
    const leasedAtMs = this.#ports.clock.elapsedMs();
    const claimed = await this.#claimReadable(gid);
    if (claimed !== undefined && claimed !== "held") this.#adopt(claimed, leasedAtMs, event);
  }

  /** Claims one. A record that cannot be read is left alone and told, because the others are still to be woken. */
  async #claimReadable(gid: Gid): Promise<ClaimedTransaction | "held" | undefined> {
    try {
      return await this.#ports.store.claim({ ...this.#options.terms, gid });
    } catch (cause) {
      if (!(cause instanceof UnreadableRecord)) throw cause;
      this.#ports.observe({ kind: "unreadable", during: "claim", record: cause });
      return undefined;
    }
  }

  /** Drives a transaction that was claimed because it is due, or because it is woken. */
  #adopt(claimed: ClaimedTransaction, leasedAtMs: number, event: TransactionEvent): void {
    const drive = this.#open(leasedOf(claimed, leasedAtMs));
    this.#queued.add(drive);
    this.#slots.line(drive.weight, () => this.#startQueued(drive, event));
    if (this.#isStopping) this.#releaseQueued();
  }

  /** Starts a drive that stood in line. False when it has started or ended already, or a stop came first. */
  #startQueued(drive: Drive, event: TransactionEvent): boolean {
    if (this.#isStopping || !this.#queued.delete(drive)) return false;
    this.#options.background.keep(drive.tell(event));
    return true;
  }

  #releaseQueued(): void {
    for (const drive of this.#queued) drive.release();
  }

  #open(leased: Leased): Drive {
    const { gid } = leased.stored.definition;
    // Rare: this process stood still for longer than the lease, or recovery and a person claimed at the same time (F1).
    this.#drives.get(gid)?.lose();
    const drive = new Drive(this.#context, leased);
    this.#drives.set(gid, drive);
    return drive;
  }

  #suspended(): void {
    this.#slots.suspend();
    this.#recovery.roomMade();
    this.#wakeInRoom();
  }

  #ended(drive: Drive, end: DriveEnd): void {
    const { gid } = drive.stored.definition;
    if (this.#drives.get(gid) === drive) this.#drives.delete(gid);
    if (drive.isSuspended) this.#slots.resume();
    this.#slots.release(drive.weight);
    if (!this.#queued.delete(drive)) this.#slots.leave();
    this.#tell(drive.stored, end);
    const { status, nextRunAt } = drive.stored.progress;
    if (nextRunAt !== null && !isFinal(status)) this.#recovery.wakeAt(nextRunAt);
    this.#recovery.roomMade();
    this.#wakeInRoom();
    if (this.#drives.size === 0) this.#onIdle?.();
  }

  /** Reports how a drive ended: to observers, and to callers who wait when the transaction is final. */
  #tell(stored: Transaction, end: DriveEnd): void {
    const { observe } = this.#ports;
    const { gid, transType } = stored.definition;
    const { status, parkedAt, parkedReason } = stored.progress;
    if (isFinal(status) || parkedAt !== null) this.#outages.forget(gid);
    if (end === "lost") observe({ kind: "leaseLost", gid });
    else if (isFinal(status)) {
      observe({ kind: "finished", gid, transType, status });
      this.#options.onFinal(stored);
    } else if (parkedAt !== null) observe({ kind: "parked", gid, reason: parkedReason });
  }

  async #idleWithin(ms: number): Promise<void> {
    if (this.#drives.size === 0) return;
    const idle = Promise.withResolvers<void>();
    this.#onIdle = idle.resolve;
    await atMost(this.#ports.clock, ms, idle.promise);
    this.#onIdle = undefined;
  }
}

function leasedOf(claimed: ClaimedTransaction, leasedAtMs: number): Leased {
  const { definition, branches, progress, version, abandoned } = claimed;
  const stored = { definition, branches, progress };
  return { stored, transaction: takeOver(stored, abandoned), version, leasedAtMs };
}
