/**
 * Finds transactions that are due and free: those that wait for their next run, and those whose coordinator
 * died. Claims them in batches, oldest first, as many as there is room for.
 *
 * Owns one timer. It looks at the store when the earliest known run is due, when room is made while more are
 * waiting, and every `pollMs` for what others left behind.
 */
import type { EpochMs, Gid } from "../transaction/model.ts";
import type { Background } from "./background.ts";
import { CLAIM_BATCH_MAX, CLAIM_BYTES_MAX, RECOVERY_GATHER_MS, STORE_RETRY_MS } from "./limits.ts";
import type { ClaimedTransaction, Claims, LeaseTerms, Ports } from "./ports.ts";
import type { Room } from "./slots.ts";

export interface RecoveryOptions {
  readonly pollMs: number;
  readonly background: Background;
  /** How many more can be driven now, and how large they may be together. */
  room(): Room;
  isDrivenHere(gid: Gid): boolean;
  /** Drives a claimed transaction. `leasedAtMs`: when the lease was asked for, on the monotonic clock. */
  adopt(claimed: ClaimedTransaction, leasedAtMs: number): void;
}

export class Recovery {
  readonly #ports: Pick<Ports, "store" | "clock" | "observe">;
  readonly #terms: LeaseTerms;
  readonly #options: RecoveryOptions;
  /** `atMs`: on the monotonic clock, as are all times in here. */
  #timer: { readonly atMs: number; cancel(): void } | undefined;
  #isLooking = false;
  /** At the last look there was no room, or more transactions were due than were claimed. */
  #isBehind = false;
  /** When to look again: somebody asked for it while a look was under way. */
  #lookAgainAtMs: number | undefined;
  #isStopped = false;

  constructor(
    ports: Pick<Ports, "store" | "clock" | "observe">,
    terms: LeaseTerms,
    options: RecoveryOptions,
  ) {
    this.#ports = ports;
    this.#terms = terms;
    this.#options = options;
  }

  start(): void {
    this.#lookIn(0);
  }

  /** A transaction that is due at `at` was let go, or stored without a lease. */
  wakeAt(at: EpochMs): void {
    this.#lookIn(at - this.#ports.store.now());
  }

  /** A transaction has ended or given its place up. */
  roomMade(): void {
    if (this.#isBehind) this.#lookIn(RECOVERY_GATHER_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #lookIn(delayMs: number): void {
    this.#lookAt(this.#ports.clock.elapsedMs() + Math.max(0, delayMs));
  }

  #lookAt(atMs: number): void {
    if (this.#isStopped) return;
    if (this.#isLooking) {
      this.#lookAgainAtMs = Math.min(atMs, this.#lookAgainAtMs ?? atMs);
      return;
    }
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#timer?.cancel();
    const { clock } = this.#ports;
    const cancel = clock.schedule(Math.max(0, atMs - clock.elapsedMs()), () => {
      this.#timer = undefined;
      this.#options.background.keep(this.#look());
    });
    this.#timer = { atMs, cancel };
  }

  async #look(): Promise<void> {
    if (this.#isStopped) return;
    this.#isLooking = true;
    const nextInMs = await this.#claim();
    this.#isLooking = false;
    const nextAtMs = this.#ports.clock.elapsedMs() + nextInMs;
    const againAtMs = Math.min(nextAtMs, this.#lookAgainAtMs ?? nextAtMs);
    this.#lookAgainAtMs = undefined;
    this.#lookAt(againAtMs);
  }

  /** Claims what there is room for; answers in how many milliseconds to look again. Never rejects. */
  async #claim(): Promise<number> {
    const { pollMs, room } = this.#options;
    const { store, clock } = this.#ports;
    const { count, bytes } = room();
    this.#isBehind = count === 0 || bytes === 0;
    if (this.#isBehind) return pollMs;
    const leasedAtMs = clock.elapsedMs();
    const claims = await this.#claimDue({ count, bytes });
    if (claims === undefined) return STORE_RETRY_MS;
    this.#adopt(claims, leasedAtMs);
    const nextInMs = claims.nextDueAt === null ? pollMs : claims.nextDueAt - store.now();
    this.#isBehind = nextInMs <= 0;
    return Math.min(Math.max(0, nextInMs), pollMs);
  }

  /** Undefined when the store failed. */
  async #claimDue({ count, bytes }: Room): Promise<Claims | undefined> {
    const { store, observe } = this.#ports;
    const { isDrivenHere } = this.#options;
    try {
      return await store.claimDue({
        ...this.#terms,
        limit: Math.min(CLAIM_BATCH_MAX, count),
        bytesMax: Math.min(CLAIM_BYTES_MAX, bytes),
        isDrivenHere,
      });
    } catch (cause) {
      observe({ kind: "claimFailed", cause });
      return undefined;
    }
  }

  #adopt({ claimed, unreadable }: Claims, leasedAtMs: number): void {
    const { observe } = this.#ports;
    if (claimed.length > 0) observe({ kind: "claimed", count: claimed.length });
    for (const record of unreadable) observe({ kind: "unreadable", during: "claim", record });
    for (const one of claimed) {
      if (one.abandoned) observe({ kind: "tookOver", gid: one.definition.gid });
      try {
        this.#options.adopt(one, leasedAtMs);
      } catch (cause) {
        // The other transactions are driven all the same. This one is found again when its lease has run out.
        observe({ kind: "bug", cause });
      }
    }
  }
}
