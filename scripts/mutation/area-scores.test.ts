import { expect, test } from "vitest";
import { scoresBelow, scoresOf } from "./area-scores.ts";

const mutants = (...statuses: string[]) => ({ mutants: statuses.map((status) => ({ status })) });

const report = {
  files: {
    "a/one.ts": mutants("Killed", "Timeout", "Survived", "Ignored"),
    "a/deep/two.ts": mutants("NoCoverage", "RuntimeError"),
    "b/three.ts": mutants("Killed"),
  },
};

test("a score is what was found of what could be tried, by area", () => {
  expect(scoresOf(report, ["a/", "b/"])).toEqual([
    { area: "a/", killed: 2, valid: 4, percent: 50 },
    { area: "b/", killed: 1, valid: 1, percent: 100 },
  ]);
});

test("an area below the threshold is named, and one in which nothing was tried", () => {
  const scores = scoresOf(report, ["a/", "b/", "c/"]);
  expect(scoresBelow(scores, 50).map(({ area }) => area)).toEqual(["c/"]);
  expect(scoresBelow(scores, 50.1).map(({ area }) => area)).toEqual(["a/", "c/"]);
});
