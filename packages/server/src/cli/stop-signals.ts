import { STOP_SIGNALS } from "./exit-codes.ts";

/**
 * Resolves with the first SIGTERM, SIGINT or SIGHUP (the terminal was closed) from now on. The second signal ends the
 * process at once, without a drain; transactions that were accepted are stored, and are not lost.
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
