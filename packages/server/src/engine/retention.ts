/**
 * Deletes transactions that finished long enough ago, in batches, so that a store does not grow for ever.
 *
 * When somebody sets the clock ahead, a transaction that has just finished looks old. If it were deleted, a repeated
 * submit would run again. So retention trusts the store's clock only as far as this process can vouch for it: from the
 * last instant that the store knew before the start, on by the monotonic clock. The time between two runs of a
 * coordinator therefore does not count, and something may be kept longer for it.
 */
import type { EpochMs } from "../transaction/model.ts";
import type { Background } from "./background.ts";
import { CLAIM_BYTES_MAX, RETAIN_BATCH_MAX, RETAIN_SWEEP_MS } from "./limits.ts";
import type { Ports } from "./ports.ts";

export class Retention {
  readonly #ports: Pick<Ports, "store" | "clock" | "observe">;
  readonly #retainMs: number;
  readonly #background: Background;
  /** The store's instant and the monotonic clock's reading at the start. */
  #startedAt: { readonly instant: EpochMs; readonly elapsedMs: number } | undefined;
  /** The last instant that the store knew before the start; undefined until the store has said so. */
  #knownAtStart: EpochMs | undefined;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(
    ports: Pick<Ports, "store" | "clock" | "observe">,
    options: { retainMs: number; background: Background },
  ) {
    this.#ports = ports;
    this.#retainMs = options.retainMs;
    this.#background = options.background;
  }

  start(): void {
    if (this.#isStopped) return;
    const { store, clock } = this.#ports;
    this.#startedAt ??= { instant: store.now(), elapsedMs: clock.elapsedMs() };
    this.#cancel = clock.schedule(RETAIN_SWEEP_MS, () => {
      this.#background.keep(this.#sweep().finally(() => this.start()));
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  async #sweep(): Promise<void> {
    const { store, clock, observe } = this.#ports;
    try {
      const finishedBefore = ((await this.#trustedNow()) - this.#retainMs) as EpochMs;
      let deleted = RETAIN_BATCH_MAX;
      while (deleted === RETAIN_BATCH_MAX && !this.#isStopped) {
        deleted = await store.deleteFinished({ finishedBefore, limit: RETAIN_BATCH_MAX });
        if (deleted > 0) observe({ kind: "deleted", count: deleted });
        // Others get their turn between two batches.
        await new Promise<void>((resolve) => clock.soon(resolve));
      }
    } catch (cause) {
      observe({ kind: "deleteFailed", cause });
    }
  }

  async #trustedNow(): Promise<number> {
    const { store, clock } = this.#ports;
    if (this.#startedAt === undefined) return store.now();
    const { instant, elapsedMs } = this.#startedAt;
    this.#knownAtStart ??= await this.#lastKnownBefore(instant);
    return Math.min(store.now(), this.#knownAtStart + clock.elapsedMs() - elapsedMs);
  }

  /** When the newest of the transactions was written that were there before `instant`; in an empty store, `instant`. */
  async #lastKnownBefore(instant: EpochMs): Promise<EpochMs> {
    const newest = { createdTo: (instant - 1) as EpochMs, limit: 1, bytesMax: CLAIM_BYTES_MAX };
    let listed = await this.#ports.store.list(newest);
    // A page of nothing but unreadable records says nothing, and is not the last.
    while (listed.found.length === 0 && listed.nextBeforeId !== null)
      listed = await this.#ports.store.list({ ...newest, beforeId: listed.nextBeforeId });
    const updatedAt = listed.found[0]?.progress.updatedAt ?? instant;
    return updatedAt < instant ? updatedAt : instant;
  }
}
