/**
 * `npm run planted`: puts one mistake after the other into a copy of the work tree, and runs the tests that must notice
 * it. `npm run planted -- committer` takes only mistakes whose file has that text in its path.
 *
 * Fails when the tests find fewer than `FOUND_PERCENT_MIN`, and when a mistake of the list can no longer be planted.
 */
import { ENGINE_MISTAKES } from "./planted/mistakes/engine.ts";
import { STORES_MISTAKES } from "./planted/mistakes/stores.ts";
import { runTests } from "./planted/test-run.ts";
import { type Trial, tryMistake } from "./planted/trial.ts";
import { WorkCopy } from "./planted/work-copy.ts";
import { ROOT } from "./published-packages.ts";

const FOUND_PERCENT_MIN = 95;

const [part = ""] = process.argv.slice(2);
const mistakes = [...ENGINE_MISTAKES, ...STORES_MISTAKES].filter(({ file }) => file.includes(part));
if (mistakes.length === 0) throw new Error(`no mistake of the list is in a file with "${part}" in its path`);

// The copy is large, and the tests run in a group of their own: both must go when somebody ends this run.
const ended = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.once(name, () => ended.abort(new Error(`ended by ${name}`)));

const copy = new WorkCopy(ROOT);
try {
  await passWithoutMistakes(copy.folder);
  const counts: Record<Trial["kind"], number> = { found: 0, lived: 0, unusable: 0 };
  for (const mistake of mistakes) {
    const { kind, text } = await tryMistake(copy.folder, mistake, ended.signal);
    counts[kind] += 1;
    console.log(`${kind.padEnd(8)} ${mistake.file}: ${mistake.breaks}\n         ${text}`);
  }
  const percent = (100 * counts.found) / (counts.found + counts.lived);
  console.log(
    `planted: ${counts.found} found, ${counts.lived} lived, ${counts.unusable} unusable; ` +
      `${percent.toFixed(1)} % found, ${FOUND_PERCENT_MIN} % needed`,
  );
  if (counts.unusable > 0 || !(percent >= FOUND_PERCENT_MIN)) process.exitCode = 1;
} finally {
  copy.remove();
}

/** @throws when the tests fail without a mistake: then they would "find" every mistake */
async function passWithoutMistakes(folder: string): Promise<void> {
  const { kind, text } = await runTests(
    folder,
    [...new Set(mistakes.flatMap(({ tests }) => tests))],
    ended.signal,
  );
  if (kind !== "passed") throw new Error(`the tests fail without any mistake (${kind}): ${text}`);
  console.log(`planted: ${text} pass without a mistake; ${mistakes.length} mistakes to try`);
}
