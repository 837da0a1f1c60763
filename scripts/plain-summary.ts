import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends a test run with one plain line, `tests: 812 passed, 0 failed`, for programs that read logs.
 *
 * A file that could not even be collected and an error outside of any test count as failed, so that the
 * line never says 0 where vitest's exit code says otherwise.
 */
export class PlainSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      const failedBefore = counts.failed;
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
      if (module.state() === "failed" && counts.failed === failedBefore) counts.failed += 1;
    }
    const skipped = counts.skipped + counts.pending;
    const line = `tests: ${counts.passed} passed, ${counts.failed} failed`;
    process.stdout.write(`${line}${skipped === 0 ? "" : `, ${skipped} skipped`}\n`);
  }
}
