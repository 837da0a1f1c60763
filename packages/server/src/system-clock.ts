import type { Clock, WallClock } from "./engine/ports.ts";
import { TIMER_MS_MAX } from "./transaction/limits.ts";
import type { EpochMs } from "./transaction/model.ts";

export interface SystemClockOptions {
  /**
   * Whether a pending timer keeps the process alive. Default: true, because a scheduled retry is work that somebody
   * waits for, and because otherwise a process whose doors are closed would end in the middle of its drain. The price:
   * whoever schedules must cancel pending timers at a stop.
   *
   * False suits a process that may end with work pending, for example with a coordinator on a durable store inside.
   */
  readonly keepsProcessAlive?: boolean;
}

/** The machine's clocks: a monotonic one for spans, and the wall clock for a store that has no clock of its own. */
export interface SystemClock extends Clock, WallClock {}

/** Delays are measured on the monotonic clock, so a step of the wall clock moves no timer. */
export function createSystemClock(options: SystemClockOptions = {}): SystemClock {
  const keepsProcessAlive = options.keepsProcessAlive ?? true;
  return {
    now: () => Date.now() as EpochMs,
    elapsedMs: () => performance.now(),
    schedule(delayMs, wake) {
      if (!Number.isFinite(delayMs)) throw new RangeError(`delayMs must be a finite number, got ${delayMs}`);
      const dueAtMs = performance.now() + delayMs;
      let timer: NodeJS.Timeout;
      const arm = (): void => {
        // Rounded up, and checked again when the timer fires: Node may fire a fraction of a millisecond early, and a
        // long delay takes several timers.
        const remainingMs = Math.ceil(dueAtMs - performance.now());
        timer = setTimeout(fire, Math.min(Math.max(remainingMs, 0), TIMER_MS_MAX));
        if (!keepsProcessAlive) timer.unref();
      };
      const fire = (): void => {
        if (performance.now() < dueAtMs) arm();
        else wake();
      };
      arm();
      return () => clearTimeout(timer);
    },
    // Runs after the poll phase, which takes in the requests that are in the sockets' buffers by now.
    soon(wake) {
      setImmediate(wake);
    },
  };
}
