import { defineConfig } from "vitest/config";

/** Only the unit tests of the mutated folders: their code is pure, and whoever changes it runs these tests. */
export default defineConfig({
  test: {
    include: [
      "packages/server/src/transaction/**/*.test.ts",
      "packages/protocol/src/**/*.test.ts",
      "packages/sdk/src/barrier/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/*.real.test.ts"],
    setupFiles: ["scripts/mutation/fixed-seed.ts"],
    testTimeout: 20_000,
  },
});
