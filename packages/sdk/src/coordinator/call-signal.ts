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

  /** Aborts with the reason of the cut: what the call's caller is to get. */
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

  cut(reason: unknown): void {
    if (this.signal.aborted) return;
    this.#controller.abort(reason);
    this.#listener?.();
  }

  /** Cuts with what `reason` makes when `ms` have passed. */
  after(ms: number, { clock, reason }: { readonly clock: Clock; readonly reason: () => unknown }): void {
    const expire = (): void => {
      this.#isTimeUp ||= !this.signal.aborted;
      this.cut(reason());
    };
    this.#releases.push(clock.after(ms, expire));
  }

  /** What `work` answers, or at once the reason of a cut; for work that does not, or not always, end by the signal. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cut = (): void => reject(this.signal.reason);
      if (this.signal.aborted) cut();
      this.signal.addEventListener("abort", cut, { once: true });
      work.then(resolve, reject).finally(() => this.signal.removeEventListener("abort", cut));
    });
  }

  /** Forgets the signal and the time; to be called when the call has ended. */
  release(): void {
    for (const release of this.#releases.splice(0)) release();
  }
}
