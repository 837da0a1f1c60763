/**
 * `npm run mutate`: changes the pure code in every place, one change at a time, and checks whether a unit test fails
 * (Stryker). It does not repeat trials of unchanged code. docs/PROOF.md has the figures and the survivors.
 *
 * Fails when the score of any area is below the threshold: a good score of one area does not make up for another.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scoresBelow, scoresOf } from "./mutation/area-scores.ts";
import { ROOT } from "./published-packages.ts";

/** The paths with which the sources of an area begin. */
const AREAS = ["packages/server/src/transaction/", "packages/protocol/src/", "packages/sdk/src/barrier/"];
const CONFIG = join(ROOT, "scripts/mutation/stryker.config.json");

// `npm run mutate -- -m packages/protocol/src/error.ts` tries one file.
const wishes = process.argv.slice(2);
const { status } = spawnSync("stryker", ["run", CONFIG, ...wishes], {
  cwd: ROOT,
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
const { jsonReporter, thresholds } = JSON.parse(readFileSync(CONFIG, "utf8"));
const report = JSON.parse(readFileSync(join(ROOT, jsonReporter.fileName), "utf8"));
// Without wishes every area must have trials: an area without any has a pattern that fits no file, and fails.
const scores = scoresOf(report, AREAS).filter(({ valid }) => valid > 0 || wishes.length === 0);
for (const { area, percent, killed, valid } of scores) {
  console.log(`mutate: ${area} ${percent.toFixed(2)} % (${killed} of ${valid})`);
}
for (const { area, percent } of scoresBelow(scores, thresholds.low)) {
  console.error(`mutate: ${area} is at ${percent.toFixed(2)} %, below ${thresholds.low} %`);
  process.exitCode = 1;
}
