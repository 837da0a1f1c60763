import type { CallCutoff } from "@lockstep/grpc-client";
import type { Clock } from "../clock.ts";

/**
 * What ends a call before its answer: the caller's signal, the time, or the client's `close`. The first one counts.
 *
 * It is an `AbortSignal`, because a call is handed on to others who take one: undici, a coordinator of the user's.
 * `CallCutoff` says why the coordinator's class for the same is another one.
 */
export class CallSignal implements CallCutoff {
  readonly #controller = new AbortController();
  readonly #releases: Array<() => void> = [];
  #isTimeUp = false;
  #listener: (() => void) | undefined;

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

  get cause(): unknown {
    return this.signal.reason;
  }

  get isTimeUp(): boolean {
    return this.#isTimeUp;
  }

  listen(listener: (() => void) | undefined): void {
    if (this.signal.aborted) listener?.();
    else this.#listener = listener;
  }

  /** Cuts the call off now. */
  cut(reason: unknown): void {
    if (this.signal.aborted) return;
    this.#controller.abort(reason);
    this.#listener?.();
  }

  /** Cuts the call off when `ms` milliseconds have passed, with the error that `reason` makes then. */
  after(ms: number, { clock, reason }: { readonly clock: Clock; readonly reason: () => unknown }): void {
    const expire = (): void => {
      this.#isTimeUp ||= !this.signal.aborted;
      this.cut(reason());
    };
    this.#releases.push(clock.after(ms, expire));
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
