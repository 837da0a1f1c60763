import type { Reporter } from "vitest/node";

/** The part of vitest's `TestModule` that is counted. */
export interface RanModule {
  state(): string;
  readonly children: {
    allTests(): Iterable<{ result(): { readonly state: "passed" | "failed" | "skipped" | "pending" } }>;
  };
}

/** Ends a test run with one plain line, `tests: 812 passed, 0 failed`, for programs that read logs. */
export class PlainSummary implements Reporter {
  onTestRunEnd(modules: readonly RanModule[], unhandledErrors: readonly unknown[]): void {
    process.stdout.write(`${plainSummaryOf(modules, unhandledErrors)}\n`);
  }
}

/**
 * A file that could not be loaded and an error outside of any test count as failed, so that the line never says
 * "0 failed" when vitest's exit code says otherwise.
 */
export function plainSummaryOf(modules: readonly RanModule[], unhandledErrors: readonly unknown[]): string {
  const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
  for (const module of modules) {
    const failedBefore = counts.failed;
    for (const test of module.children.allTests()) counts[test.result().state] += 1;
    if (module.state() === "failed" && counts.failed === failedBefore) counts.failed += 1;
  }
  const skipped = counts.skipped + counts.pending;
  return `tests: ${counts.passed} passed, ${counts.failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}
