import type { Clock } from "../clock.ts";

/**
 * How long the SDK pauses before each further try after a lost connection: three tries more, 1.3 seconds in all. That is
 * enough for a restart behind a load balancer. Whether a longer outage is worth waiting for, the caller decides.
 */
export const RETRY_PAUSES_MS: readonly number[] = [50, 250, 1_000];

/** How a call is tried again. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** When all tries and pauses must be over, in milliseconds since 1970. Each try must keep to it by itself. */
  readonly deadlineAt: number;
  /** Whether another try after this error can help and cannot harm. */
  readonly isLost: (error: unknown) => boolean;
}

/**
 * Calls `attempt` until it answers, or fails for another reason than a lost connection. `attempt` is told how many tries
 * went before it. Nobody knows whether those arrived, so only calls that may be repeated may go through here.
 */
export async function retried<T>(
  attempt: (earlier: number) => Promise<T>,
  { clock, signal, deadlineAt, isLost }: RetryOptions,
): Promise<T> {
  for (let earlier = 0; ; earlier++) {
    signal?.throwIfAborted();
    try {
      return await attempt(earlier);
    } catch (error) {
      const pauseMs = RETRY_PAUSES_MS[earlier];
      if (pauseMs === undefined || !isLost(error)) throw error;
      if (clock.now() + pauseMs >= deadlineAt) throw error;
      await clock.pause(pauseMs, { signal });
    }
  }
}
