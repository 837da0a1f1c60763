/** Deletes transactions that finished long enough ago, in batches, so that a store does not grow for ever. */
import type { EpochMs } from "../transaction/model.ts";
import type { Background } from "./background.ts";
import { RETAIN_BATCH_MAX, RETAIN_SWEEP_MS } from "./limits.ts";
import type { Ports } from "./ports.ts";

export class Retention {
  readonly #ports: Pick<Ports, "store" | "clock" | "log">;
  readonly #retainMs: number;
  readonly #background: Background;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(
    ports: Pick<Ports, "store" | "clock" | "log">,
    options: { retainMs: number; background: Background },
  ) {
    this.#ports = ports;
    this.#retainMs = options.retainMs;
    this.#background = options.background;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#ports.clock.schedule(RETAIN_SWEEP_MS, () => {
      this.#background.keep(this.#sweep().finally(() => this.start()));
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  async #sweep(): Promise<void> {
    const { store, clock, log } = this.#ports;
    const finishedBefore = (clock.now() - this.#retainMs) as EpochMs;
    try {
      let deleted = RETAIN_BATCH_MAX;
      while (deleted === RETAIN_BATCH_MAX && !this.#isStopped) {
        deleted = await store.deleteFinished({ finishedBefore, limit: RETAIN_BATCH_MAX });
        // Others get their turn between two batches.
        await new Promise<void>((resolve) => clock.soon(resolve));
      }
    } catch (cause) {
      log.error("could not delete finished transactions", {}, cause);
    }
  }
}
