/**
 * Deletes transactions that finished long enough ago, in batches, so that a store does not grow for ever.
 *
 * When somebody sets the clock ahead, a transaction that has just finished looks old. If it were deleted, a repeated
 * submit would run again. So retention counts time no faster than the monotonic clock has run since the start.
 */
import type { EpochMs } from "../transaction/model.ts";
import type { Background } from "./background.ts";
import { RETAIN_BATCH_MAX, RETAIN_SWEEP_MS } from "./limits.ts";
import type { Ports } from "./ports.ts";

export class Retention {
  readonly #ports: Pick<Ports, "store" | "clock" | "observe">;
  readonly #retainMs: number;
  readonly #background: Background;
  /** The store's instant and the monotonic clock's reading at the start. */
  #startedAt: { readonly instant: EpochMs; readonly elapsedMs: number } | undefined;
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
    const finishedBefore = (this.#trustedNow() - this.#retainMs) as EpochMs;
    try {
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

  #trustedNow(): number {
    const { store, clock } = this.#ports;
    const now = store.now();
    if (this.#startedAt === undefined) return now;
    const { instant, elapsedMs } = this.#startedAt;
    return Math.min(now, instant + clock.elapsedMs() - elapsedMs);
  }
}
