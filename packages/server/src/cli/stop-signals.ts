import { STOP_SIGNALS } from "./exit-codes.ts";

/**
 * Resolves with the first SIGINT or SIGTERM from now on. The second one ends the process at once: whoever sends it
 * has no time for a drain, and nothing that was accepted is lost by it.
 */
export function firstStopSignal(): Promise<keyof typeof STOP_SIGNALS> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (isStopping) process.exit(STOP_SIGNALS[signal]);
        isStopping = true;
        resolve(signal);
      });
    }
  });
}
