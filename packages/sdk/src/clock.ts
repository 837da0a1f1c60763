import { scheduler } from "node:timers/promises";

/** The time, as the SDK needs it. A test gives its own. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when that comes first. */
  pause(ms: number, options: { readonly signal: AbortSignal | undefined }): Promise<void>;
  /** Calls `expired` after `ms`, unless what it answers is called before. */
  after(ms: number, expired: () => void): () => void;
}

/** The machine's clock: the one place in the SDK that asks for the time. */
export const MACHINE_CLOCK: Clock = {
  now() {
    return Date.now();
  },
  async pause(ms, { signal }) {
    try {
      await scheduler.wait(ms, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
  after(ms, expired) {
    const timer = setTimeout(expired, ms);
    return () => clearTimeout(timer);
  },
};
