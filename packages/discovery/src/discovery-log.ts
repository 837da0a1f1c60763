/** What discovery tells the operator: outages and recoveries, once each. No line holds a password. */
export type DiscoveryLog = (line: { readonly level: "info" | "warn"; readonly message: string }) => void;

/** `log`, with its own errors dropped: a broken log must not end a watch or an announcement. */
export function unbreakable(log: DiscoveryLog | undefined): DiscoveryLog {
  return (line) => {
    try {
      log?.(line);
    } catch {
      // Nobody is left to tell.
    }
  };
}
