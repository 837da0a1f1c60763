/** How discovery tells the operator of outages and recoveries: one line for each. No line holds a password. */
export type DiscoveryLog = (line: {
  /** `warn` for an outage, `info` for a recovery. */
  readonly level: "info" | "warn";
  /** A full sentence. */
  readonly message: string;
}) => void;

/** `log`, whose own errors are dropped: a broken log must not end a watch or an announcement. */
export function unbreakable(log: DiscoveryLog | undefined): DiscoveryLog {
  return (line) => {
    try {
      log?.(line);
    } catch {
      // Nobody is left to tell.
    }
  };
}
