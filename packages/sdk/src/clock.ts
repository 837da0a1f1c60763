import { scheduler } from "node:timers/promises";

/** The clock of the SDK: what it needs to know of the time. A test gives a clock of its own. */
export interface Clock {
  /** The time now, in milliseconds since 1970 UTC. */
  now(): number;
  /** Resolves after `ms` milliseconds. When `signal` aborts first, rejects with its reason. */
  pause(ms: number, options: { readonly signal: AbortSignal | undefined }): Promise<void>;
  /** Calls `expired` after `ms` milliseconds, unless the function that it answers is called before. */
  after(ms: number, expired: () => void): () => void;
}

/** The machine's clock. Nothing else in the SDK asks for the time. */
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
