// Goal: nobody reads an old row after a drop, and the database is not read needlessly.
// Method: the test settles the promises of database reads, and controls the clock.
import { expect, test } from "vitest";
import { READ_TIMEOUT_MS } from "../limits.ts";
import { CachedReads, NotDroppedError } from "./cached-reads.ts";
import { MemoryCache } from "./memory-cache.ts";

function world() {
  let nowMs = 0;
  const loads: Array<PromiseWithResolvers<string | undefined>> = [];
  const troubles: unknown[] = [];
  const cache = new MemoryCache(() => nowMs);
  const reads = new CachedReads<number, string>({
    cache,
    keyOf: (id) => `row:${id}`,
    encode: (row) => `v1 ${row}`,
    decode: (text) => /^v1 (.*)$/.exec(text)?.[1],
    load: () => {
      const load = Promise.withResolvers<string | undefined>();
      loads.push(load);
      return load.promise;
    },
    onTrouble: (error) => troubles.push(error),
    nowMs: () => nowMs,
  });
  /** Resolves when all promises that are settled now have called their handlers. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { cache, reads, loads, troubles, settled, pass };
}

test("a row is read once and then cached, also one that is missing", async () => {
  const { reads, loads, settled, cache } = world();
  for (const row of ["Ann", undefined]) {
    const id = loads.length;
    const first = reads.read(id);
    await settled();
    loads[id]?.resolve(row);
    expect(await first).toBe(row);
    expect(await reads.read(id)).toBe(row);
    expect(loads).toHaveLength(id + 1);
    expect(await cache.get(`row:${id}`)).toBe(row === undefined ? "*" : "v1 Ann");
  }
});

test("R1: readers of one key share a read; readers of another do not", async () => {
  const { reads, loads, settled } = world();
  const both = [reads.read(1), reads.read(1)];
  const other = reads.read(2);
  await settled();
  expect(loads).toHaveLength(2);
  loads[0]?.resolve("Ann");
  loads[1]?.resolve("Ben");
  expect(await Promise.all([...both, other])).toEqual(["Ann", "Ann", "Ben"]);
});

test("R2: a read that began before a drop is neither joined nor cached after it", async () => {
  const { reads, loads, settled, cache } = world();
  const early = reads.read(1);
  await settled();
  await reads.drop(1);
  const late = reads.read(1);
  await settled();
  expect(loads).toHaveLength(2);
  loads[0]?.resolve("the past");
  loads[1]?.resolve("now");
  expect(await early).toBe("the past");
  expect(await late).toBe("now");
  expect(await cache.get("row:1")).toBeUndefined();
});

test("a read that took longer than a hold-off may last is not cached", async () => {
  const { reads, loads, settled, pass, cache } = world();
  const slow = reads.read(1);
  await settled();
  pass(READ_TIMEOUT_MS + 1);
  loads[0]?.resolve("Ann");
  expect(await slow).toBe("Ann");
  expect(await cache.get("row:1")).toBeUndefined();
});

test("a failed read is told to all and cached for none", async () => {
  const { reads, loads, settled } = world();
  const failing = reads.read(1);
  await settled();
  loads[0]?.reject(new Error("no database"));
  await expect(failing).rejects.toThrow("no database");
  const again = reads.read(1);
  await settled();
  loads[1]?.resolve("Ann");
  expect(await again).toBe("Ann");
});

test("what somebody else left under the key counts as not cached", async () => {
  const { reads, loads, settled, cache } = world();
  await cache.fill("row:1", '{"Id":1}', { ttlMs: 60_000 });
  const read = reads.read(1);
  await settled();
  loads[0]?.resolve("Ann");
  expect(await read).toBe("Ann");
});

test("without its cache it reads on, and a drop rejects", async () => {
  const { reads, loads, settled, cache, troubles } = world();
  const broken = async (): Promise<never> => {
    throw new Error("no cache");
  };
  Object.assign(cache, { get: broken, fill: broken, drop: broken });
  const read = reads.read(1);
  await settled();
  loads[0]?.resolve("Ann");
  expect(await read).toBe("Ann");
  expect(troubles).toHaveLength(2);
  await expect(reads.drop(1)).rejects.toThrow(NotDroppedError);
  expect(troubles).toHaveLength(3);
});
