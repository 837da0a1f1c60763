import { expect, test } from "vitest";
import { plainSummaryOf, type RanModule } from "./plain-summary.ts";

type State = "passed" | "failed" | "skipped" | "pending";

function moduleOf(state: string, ...tests: State[]): RanModule {
  return {
    state: () => state,
    children: { allTests: () => tests.map((s) => ({ result: () => ({ state: s }) })) },
  };
}

test.for([
  ["tests that pass", [moduleOf("passed", "passed", "passed")], [], "tests: 2 passed, 0 failed"],
  ["a test that fails", [moduleOf("failed", "passed", "failed")], [], "tests: 1 passed, 1 failed"],
  [
    "skipped ones, in two files",
    [moduleOf("passed", "passed", "skipped"), moduleOf("skipped", "pending")],
    [],
    "tests: 1 passed, 0 failed, 2 skipped",
  ],
  ["a file that cannot be loaded", [moduleOf("failed")], [], "tests: 0 passed, 1 failed"],
  [
    "an error outside of tests",
    [moduleOf("passed", "passed")],
    [new Error("late")],
    "tests: 1 passed, 1 failed",
  ],
] as const)("%s", ([, modules, errors, line]) => {
  expect(plainSummaryOf(modules, errors)).toBe(line);
});
