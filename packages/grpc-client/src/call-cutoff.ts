/**
 * Ends a call before its answer: by the caller's signal, the time, or the caller's `close`. This is the part that this
 * package needs to know.
 *
 * It is an interface and not a class, because its two implementations need different things, and each pays only for its
 * own. The coordinator has thousands of calls in flight on one signal: its `Cutoff` makes no `AbortSignal` for a call,
 * and puts one listener on a signal for all calls. The SDK has to pass an `AbortSignal` on, to undici and to the user's
 * coordinator, so its `CallSignal` has one.
 */
export interface CallCutoff {
  /** Why the call was cut off; undefined if it was not. */
  readonly cause: unknown;
  /** Whether the call was cut off because its time was up. */
  readonly isTimeUp: boolean;
  /**
   * Calls `listener` once, when the call is cut off; at once if it was cut off already. There is one listener, and a
   * new one replaces the old.
   */
  listen(listener: (() => void) | undefined): void;
}
