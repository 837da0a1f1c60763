// Goal: group commit loses no write, keeps their order, and never has more flushes on their way than the store allows.
// Method: a store whose flushes end when the test says so.
import { expect, test } from "vitest";
import type { Gid } from "../transaction/model.ts";
import { aSaga, aStep } from "../transaction/saga/saga-fixture.ts";
import { StoreUnavailable, UnwritableContent } from "./answers.ts";
import { Committer } from "./committer.ts";
import { ManualClock, settled } from "./engine-fixture.ts";
import type { EngineEvent } from "./events.ts";
import { FLUSH_BYTES_MAX, FLUSH_WRITES_MAX } from "./limits.ts";
import type { StoreTraits, Write, WriteResult } from "./ports.ts";

function update(gid: string): Write {
  return { kind: "update", gid: gid as Gid, expectedVersion: 1, progress: aSaga().progress, hold: true };
}

class SlowStore {
  readonly traits: StoreTraits;
  readonly flushes: Array<{
    readonly gids: string[];
    end(results?: WriteResult[]): void;
    fail(error: Error): void;
  }> = [];

  constructor(flushesMax: number) {
    this.traits = { exclusive: true, flushesMax };
  }

  write(writes: readonly Write[]): Promise<readonly WriteResult[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly WriteResult[]>();
    const gids = writes.map((write) =>
      write.kind === "update" ? write.gid : write.transaction.definition.gid,
    );
    this.flushes.push({ gids, end: (results) => resolve(results ?? gids.map(() => "stored")), fail: reject });
    return promise;
  }
}

function aCommitter({ flushesMax = 1 } = {}) {
  const store = new SlowStore(flushesMax);
  const events: EngineEvent[] = [];
  const observe = (event: EngineEvent): void => void events.push(event);
  const committer = new Committer(
    { store, clock: new ManualClock(), observe },
    { owner: "one", leaseMs: 1_000 },
  );
  return { store, committer, events };
}

test("what arrives during a flush goes into the next one, together and in order", async () => {
  const { store, committer } = aCommitter();
  const results = ["a", "b"].map((gid) => committer.write(update(gid)));
  await settled();
  results.push(...["c", "d", "e"].map((gid) => committer.write(update(gid))));
  await settled();
  expect(store.flushes.map(({ gids }) => gids)).toEqual([["a", "b"]]);
  store.flushes[0]?.end(["stored", "conflict"]);
  await settled();
  expect(store.flushes.map(({ gids }) => gids)).toEqual([
    ["a", "b"],
    ["c", "d", "e"],
  ]);
  store.flushes[1]?.end();
  expect(await Promise.all(results)).toEqual(["stored", "conflict", "stored", "stored", "stored"]);
});

test("a flush has a largest size", async () => {
  const { store, committer } = aCommitter();
  const results = Array.from({ length: FLUSH_WRITES_MAX + 1 }, (_, i) => committer.write(update(`g${i}`)));
  await settled();
  store.flushes[0]?.end();
  await settled();
  store.flushes[1]?.end();
  await Promise.all(results);
  expect(store.flushes.map(({ gids }) => gids.length)).toEqual([FLUSH_WRITES_MAX, 1]);
});

test("a failed flush fails its own writes and no others", async () => {
  const { store, committer } = aCommitter();
  const lost = committer.write(update("a"));
  await settled();
  const next = committer.write(update("b"));
  store.flushes[0]?.fail(new Error("disk full"));
  await expect(lost).rejects.toThrow(StoreUnavailable);
  await settled();
  store.flushes[1]?.end();
  expect(await next).toBe("stored");
});

test("a store that answers too few writes is not believed", async () => {
  const { store, committer } = aCommitter();
  const results = ["a", "b"].map((gid) => committer.write(update(gid)));
  await settled();
  store.flushes[0]?.end(["stored"]);
  expect(await results[0]).toBe("stored");
  await expect(results[1]).rejects.toThrow(StoreUnavailable);
});

test("a flush has a largest size in bytes, and what is larger goes alone", async () => {
  const { store, committer } = aCommitter();
  const heavy = (gid: string, bytes: number): Write => {
    const saga = aSaga({ branches: [aStep(0, { payload: new Uint8Array(bytes) })] });
    const transaction = { ...saga, definition: { ...saga.definition, gid: gid as Gid } };
    return { kind: "create", transaction, hold: true };
  };
  const sizes = [FLUSH_BYTES_MAX / 2, FLUSH_BYTES_MAX / 4, FLUSH_BYTES_MAX / 2, 2 * FLUSH_BYTES_MAX, 10];
  const results = sizes.map((bytes, index) => committer.write(heavy(`g${index}`, bytes)));
  for (let flush = 0; flush < sizes.length; flush += 1) {
    await settled();
    store.flushes[flush]?.end();
  }
  await Promise.all(results);
  expect(store.flushes.map(({ gids }) => gids.join())).toEqual(["g0,g1", "g2", "g3", "g4"]);
});

test("as many flushes are on their way as the store allows, and no more", async () => {
  const { store, committer } = aCommitter({ flushesMax: 3 });
  const results: Promise<WriteResult>[] = [];
  for (const gid of ["a", "b", "c", "d", "e"]) {
    results.push(committer.write(update(gid)));
    await settled();
  }
  expect(store.flushes.map(({ gids }) => gids.join())).toEqual(["a", "b", "c"]);
  store.flushes[1]?.end();
  await settled();
  expect(store.flushes.map(({ gids }) => gids.join())).toEqual(["a", "b", "c", "d,e"]);
  for (const { end } of store.flushes) end();
  expect(await Promise.all(results)).toEqual(["stored", "stored", "stored", "stored", "stored"]);
});

test("a write that stands alone is refused alone", async () => {
  const { store, committer, events } = aCommitter();
  const results = ["a", "bad", "c"].map((gid) => committer.write(update(gid)));
  const refused = new UnwritableContent("too large");
  const outcomes = Promise.allSettled(results);
  await settled();
  // The flushes: a, bad, c; then a and bad; then a; then bad; then c.
  for (const answer of [refused, refused, undefined, refused, undefined]) {
    const flush = store.flushes.at(-1);
    if (answer === undefined) flush?.end();
    else flush?.fail(answer);
    await settled();
  }
  expect(await outcomes).toMatchObject([{ value: "stored" }, { reason: refused }, { value: "stored" }]);
  expect(events.filter(({ kind }) => kind === "writeRefused")).toMatchObject([{ gid: "bad" }]);
});
