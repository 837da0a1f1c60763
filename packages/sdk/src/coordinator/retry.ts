import type { Clock } from "../clock.ts";

/**
 * How long the SDK waits before each further try after a lost connection: three tries more, 1.3 seconds in all.
 * Enough for a restart behind a balancer; what takes longer is the caller's to decide about.
 */
export const RETRY_PAUSES_MS: readonly number[] = [50, 250, 1_000];

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** When all tries and pauses must be over, in milliseconds since 1970; each try keeps to it by itself. */
  readonly deadlineAt: number;
  /** Whether asking again can help and cannot harm. */
  readonly isLost: (error: unknown) => boolean;
}

/**
 * Calls `attempt` until it answers or fails for another reason than a lost connection. `attempt` is told how many
 * tries went before it: of those nobody knows whether they arrived, so only repeatable calls may go through here.
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
