/**
 * Finds transactions that are due and free: those that wait for their next run, and those whose coordinator
 * died. Claims them in batches, oldest first, as many as there is room for.
 *
 * Owns one timer. It looks at the store when the earliest known run is due, when room is made while more are
 * waiting, and every `pollMs` for what others left behind.
 */
import type { EpochMs } from "../transaction/model.ts";
import type { Background } from "./background.ts";
import { CLAIM_BATCH_MAX, RECOVERY_GATHER_MS, STORE_RETRY_MS } from "./limits.ts";
import type { ClaimedTransaction, LeaseTerms, Ports } from "./ports.ts";

export interface RecoveryOptions {
  readonly pollMs: number;
  readonly background: Background;
  /** How many more can be driven now. */
  room(): number;
  /** Takes over one that is leased since `leasedAt`. */
  adopt(claimed: ClaimedTransaction, leasedAt: EpochMs): void;
}

export class Recovery {
  readonly #ports: Pick<Ports, "store" | "clock" | "log">;
  readonly #terms: LeaseTerms;
  readonly #options: RecoveryOptions;
  #timer: { readonly at: number; cancel(): void } | undefined;
  #isLooking = false;
  /** There was more than there was room for. */
  #isBehind = false;
  /** Asked to look again while looking. */
  #lookAgainAt: number | undefined;
  #isStopped = false;

  constructor(ports: Pick<Ports, "store" | "clock" | "log">, terms: LeaseTerms, options: RecoveryOptions) {
    this.#ports = ports;
    this.#terms = terms;
    this.#options = options;
  }

  start(): void {
    this.#lookAt(this.#ports.clock.now());
  }

  /** A transaction was let go that is due at `at`. */
  wakeAt(at: EpochMs): void {
    this.#lookAt(at);
  }

  /** A place has become free. */
  roomMade(): void {
    if (this.#isBehind) this.#lookAt(this.#ports.clock.now() + RECOVERY_GATHER_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #lookAt(at: number): void {
    if (this.#isStopped) return;
    if (this.#isLooking) {
      this.#lookAgainAt = Math.min(at, this.#lookAgainAt ?? at);
      return;
    }
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    const { clock } = this.#ports;
    const cancel = clock.schedule(Math.max(0, at - clock.now()), () => {
      this.#timer = undefined;
      this.#options.background.keep(this.#look());
    });
    this.#timer = { at, cancel };
  }

  async #look(): Promise<void> {
    if (this.#isStopped) return;
    this.#isLooking = true;
    const nextAt = await this.#claim();
    this.#isLooking = false;
    const againAt = Math.min(nextAt, this.#lookAgainAt ?? nextAt);
    this.#lookAgainAt = undefined;
    this.#lookAt(againAt);
  }

  /** Claims what there is room for; answers when to look again. Never rejects. */
  async #claim(): Promise<number> {
    const { store, clock, log } = this.#ports;
    const leasedAt = clock.now();
    const limit = Math.min(CLAIM_BATCH_MAX, this.#options.room());
    this.#isBehind = limit === 0;
    if (limit === 0) return leasedAt + this.#options.pollMs;
    try {
      const ignoreLeases = store.traits.exclusive;
      const claims = await store.claimDue({ ...this.#terms, limit, ignoreLeases });
      const { claimed, unreadable, nextDueAt } = claims;
      for (const one of claimed) {
        if (one.abandoned)
          log.info("took over a transaction that was left behind", { gid: one.definition.gid });
        this.#options.adopt(one, leasedAt);
      }
      for (const record of unreadable) {
        const { gid } = record;
        log.error(
          "cannot drive a transaction that is due; restore its record from a backup",
          { gid },
          record,
        );
      }
      this.#isBehind = claimed.length + unreadable.length === limit;
      if (this.#isBehind) return clock.now();
      return Math.min(nextDueAt ?? Number.POSITIVE_INFINITY, clock.now() + this.#options.pollMs);
    } catch (cause) {
      log.error("could not look for transactions that are due", {}, cause);
      return clock.now() + STORE_RETRY_MS;
    }
  }
}
