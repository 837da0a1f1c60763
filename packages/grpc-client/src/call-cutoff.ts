/**
 * What ends a call before its answer, as far as this package needs to know: the caller's signal, the time, or the
 * caller's `close`.
 *
 * It is a port and no class, because the two who implement it need different things, and each pays only for its own.
 * The coordinator's `Cutoff` has thousands of calls in flight on one signal: it makes no `AbortSignal` for a call,
 * and puts one listener on a signal for all calls. The SDK's `CallSignal` has to hand an `AbortSignal` to others, to
 * undici and to the user's coordinator, so it is one.
 */
export interface CallCutoff {
  /** Why the call was cut off; undefined while it was not. */
  readonly cause: unknown;
  /** The call was cut off because its time is up. */
  readonly isTimeUp: boolean;
  /**
   * Calls `listener` once, when the call is cut off: at once where that has happened already. There is one listener;
   * a new one takes the place of the old.
   */
  listen(listener: (() => void) | undefined): void;
}
