import { defineConfig } from "vitest/config";
import { PlainSummary } from "./scripts/plain-summary.ts";

const TEST_FILES = ["packages", "examples", "bench", "scripts"].map((folder) => `${folder}/**/*.test.ts`);
const REAL_TEST_FILES = TEST_FILES.map((files) => files.replace(".test.ts", ".real.test.ts"));
const OUTSIDE = ["**/node_modules/**", "**/dist/**"];

/** A fresh machine installs the real servers first. */
const SERVERS_START_MS_MAX = 300_000;

/**
 * How long a test looks for something that must come. A busy machine needs longer than vitest's own second, and a
 * broken program does not get any better. Less than the test's own time: what is missing is said in the test's words.
 */
const POLL_MS_MAX = 45_000;
const TEST_MS_MAX = 60_000;

export default defineConfig({
  test: {
    reporters: ["default", new PlainSummary()],
    allowOnly: process.env["CI"] === undefined,
    passWithNoTests: false,
    // Tests wait more than they compute: not one core fewer than there are, as is vitest's way.
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "unit",
          include: TEST_FILES,
          exclude: [...OUTSIDE, ...REAL_TEST_FILES],
          testTimeout: TEST_MS_MAX,
          hookTimeout: TEST_MS_MAX,
          expect: { poll: { timeout: POLL_MS_MAX } },
        },
      },
      {
        test: {
          name: "real",
          include: REAL_TEST_FILES,
          exclude: OUTSIDE,
          globalSetup: ["packages/testkit/src/servers/global-setup.ts"],
          testTimeout: TEST_MS_MAX,
          expect: { poll: { timeout: POLL_MS_MAX } },
          hookTimeout: SERVERS_START_MS_MAX,
        },
      },
    ],
  },
});
