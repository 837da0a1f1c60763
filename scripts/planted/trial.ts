import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PlantedMistake, plantedIn, plantingProblem } from "./planted-mistake.ts";
import { runTests } from "./test-run.ts";

/** The result of one mistake; `text` names the test that found it, or says what is wrong. */
export interface Trial {
  readonly kind: "found" | "lived" | "unusable";
  readonly text: string;
}

/** Plants `mistake` in `folder`, a copy of the work tree, runs its tests, and removes it again. */
export async function tryMistake(
  folder: string,
  mistake: PlantedMistake,
  signal?: AbortSignal,
): Promise<Trial> {
  const file = join(folder, mistake.file);
  const text = readFileSync(file, "utf8");
  const problem = plantingProblem(mistake, text);
  if (problem !== undefined) return { kind: "unusable", text: problem };
  writeFileSync(file, plantedIn(mistake, text));
  try {
    const run = await runTests(folder, mistake.tests, signal);
    switch (run.kind) {
      case "passed":
        return { kind: "lived", text: `${run.text} passed` };
      case "failed":
      case "hung":
        return { kind: "found", text: run.text };
      case "not run":
        return { kind: "unusable", text: `the tests do not run with it:\n${run.text}` };
    }
  } finally {
    writeFileSync(file, text);
  }
}
