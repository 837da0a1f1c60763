/** The exit codes of the command. `docs/configuration.md` lists them. */
export const EXIT_CODES = {
  /** Stopped by a signal, after the drain. */
  stopped: 0,
  /** Could not start, or could not go on: a taken port, a store that cannot be opened, a bug. */
  failed: 1,
  /** A wrong flag or a wrong configuration: starting again does not help. */
  wrongUsage: 2,
} as const;

/** The second of these signals ends the process at once, with the code that shells use: 128 and its number. */
export const STOP_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
