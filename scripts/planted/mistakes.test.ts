// Goal: the list of planted mistakes stays up to date: each mistake fits the code, and names tests that exist.
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../published-packages.ts";
import { ENGINE_MISTAKES } from "./mistakes/engine.ts";
import { STORES_MISTAKES } from "./mistakes/stores.ts";
import { plantingProblem } from "./planted-mistake.ts";

test.for([...ENGINE_MISTAKES, ...STORES_MISTAKES])("$file: $breaks", (mistake) => {
  expect(plantingProblem(mistake, readFileSync(join(ROOT, mistake.file), "utf8"))).toBeUndefined();
  for (const path of mistake.tests) {
    const files = path.endsWith(".ts") ? [path] : globSync(`${path}/**/*.test.ts`, { cwd: ROOT });
    expect(files.filter((file) => existsSync(join(ROOT, file)))).not.toEqual([]);
  }
});
