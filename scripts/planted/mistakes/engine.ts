import type { PlantedMistake } from "../planted-mistake.ts";

const ENGINE = "packages/server/src/engine";

/** Mistakes in the shell around the pure core: what is written when, what waits for what, what is given back. */
export const ENGINE_MISTAKES: readonly PlantedMistake[] = [
  {
    file: `${ENGINE}/committer.ts`,
    find: "if (this.#pending.length > 0) this.#flushSoon();",
    replace: "",
    tests: [`${ENGINE}/committer.test.ts`],
    breaks: "what arrives during a flush is in the next one",
  },
  {
    file: `${ENGINE}/committer.ts`,
    find: "if (!this.#flushing) this.#flushSoon();",
    replace: "this.#flushSoon();",
    tests: [`${ENGINE}/committer.test.ts`],
    breaks: "one flush at a time: two could reorder",
  },
  {
    file: `${ENGINE}/committer.ts`,
    find: "for (const { reject } of batch) reject(new StoreUnavailable(cause));",
    replace: "",
    tests: [`${ENGINE}/committer.test.ts`],
    breaks: "whoever handed in a write hears that it failed",
  },
  {
    file: `${ENGINE}/committer.ts`,
    find: "this.#pending.splice(0, FLUSH_WRITES_MAX)",
    replace: "this.#pending.splice(0)",
    tests: [`${ENGINE}/committer.test.ts`],
    breaks: "a flush has a limit (I10)",
  },
  {
    file: `${ENGINE}/gid-map.ts`,
    find: "    cell.value = undefined;\n    this.#cells.delete(gid);",
    replace: "    cell.value = undefined;",
    tests: [`${ENGINE}/gid-map.test.ts`],
    breaks: "what is removed takes no room",
  },
  {
    file: `${ENGINE}/destinations.ts`,
    find: "if (line.outCount >= this.#callsMax) return false;",
    replace: "if (line.outCount > this.#callsMax) return false;",
    tests: [`${ENGINE}/destinations.test.ts`, `${ENGINE}/destination-lines.test.ts`],
    breaks: "a destination has no more calls out than its limit (I9)",
  },
  {
    file: `${ENGINE}/destinations.ts`,
    find: "if (granted()) return;",
    replace: "granted();\n      return;",
    tests: [`${ENGINE}/destinations.test.ts`, `${ENGINE}/destination-lines.test.ts`],
    breaks: "a turn that its owner does not use goes to the next in line",
  },
];
