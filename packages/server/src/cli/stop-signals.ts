import { STOP_SIGNALS } from "./exit-codes.ts";

/**
 * Resolves with the first SIGTERM, SIGINT or SIGHUP (its terminal has gone) from now on. The second one ends the process
 * at once: whoever sends it has no time for a drain, and nothing that was accepted is lost by it.
 */
export function firstStopSignal(): Promise<keyof typeof STOP_SIGNALS> {
  const signals = Object.entries(STOP_SIGNALS) as ReadonlyArray<[keyof typeof STOP_SIGNALS, number]>;
  return new Promise((resolve) => {
    let isStopping = false;
    for (const [signal, exitCode] of signals) {
      process.on(signal, () => {
        if (isStopping) process.exit(exitCode);
        isStopping = true;
        resolve(signal);
      });
    }
  });
}
