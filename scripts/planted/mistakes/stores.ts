import type { PlantedMistake } from "../planted-mistake.ts";

const STORES = "packages/server/src/stores";
const MEMORY = { file: `${STORES}/memory/memory-store.ts`, tests: [`${STORES}/memory`] };

/** Mistakes in the stores: what the contract of a store says and a store does not do. */
export const STORES_MISTAKES: readonly PlantedMistake[] = [
  {
    ...MEMORY,
    find: "row === undefined || row.version !== write.expectedVersion",
    replace: "row === undefined",
    breaks: "a write over another version is refused (I6)",
  },
  {
    ...MEMORY,
    find: 'if (this.#rows.has(gid)) return "exists";',
    replace: "",
    breaks: "a gid is stored once (I7)",
  },
  {
    ...MEMORY,
    find: "if (row?.lease?.owner !== owner) return false;",
    replace: "if (row === undefined) return false;",
    breaks: "a lost lease is not renewed (I6)",
  },
  {
    ...MEMORY,
    find: 'if (isHeld && !ignoreLeases) return "held";',
    replace: "",
    breaks: "what another coordinator holds is not claimed (I6)",
  },
  {
    ...MEMORY,
    find: "finishedAtOf(row) < finishedBefore",
    replace: "finishedAtOf(row) <= Infinity",
    breaks: "only what finished long enough ago is deleted",
  },
];
