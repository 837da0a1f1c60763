import type { Clock } from "../clock.ts";

/** Ends a call before its answer, by the caller's signal, the time, or the client's `close`: whatever comes first. */
export class Cutoff {
  readonly #controller = new AbortController();
  readonly #releases: Array<() => void> = [];

  constructor(caller: AbortSignal | undefined) {
    if (caller === undefined) return;
    const cut = (): void => this.cut(caller.reason);
    if (caller.aborted) cut();
    caller.addEventListener("abort", cut, { once: true });
    this.#releases.push(() => caller.removeEventListener("abort", cut));
  }

  /** Aborts when the call is cut off. Its reason is the error that the caller of the call is to get. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Cuts the call off now. */
  cut(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Cuts the call off when `ms` milliseconds have passed, with the error that `reason` makes then. */
  after(ms: number, { clock, reason }: { readonly clock: Clock; readonly reason: () => unknown }): void {
    this.#releases.push(clock.after(ms, () => this.cut(reason())));
  }

  /** What `work` answers. At a cut it rejects at once with the reason, also when `work` does not heed the signal. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cut = (): void => reject(this.signal.reason);
      if (this.signal.aborted) cut();
      this.signal.addEventListener("abort", cut, { once: true });
      work.then(resolve, reject).finally(() => this.signal.removeEventListener("abort", cut));
    });
  }

  /** Lets go of the caller's signal and of the timers. Call it when the call has ended. */
  release(): void {
    for (const release of this.#releases.splice(0)) release();
  }
}
