// Goal: a byte that changes inside the database file alters no transaction that is driven or answered, and what cannot
// be read any more is said, with the gid and the file.
// Method: a real store is filled and closed. Each case changes bytes in a copy of its file, opens the copy, and reads
// everything: at places that are looked up, then at seeded ones.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { aBranch, aTransaction, creationOf, StandingClock, updateOf } from "@lockstep/testkit/store-contract";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClaimedTransaction, StoredTransaction } from "../../engine/ports.ts";
import { branchIdOf, type EpochMs, type Gid } from "../../transaction/model.ts";
import { StoreFailure } from "../store-failure.ts";
import { checkUndamaged } from "./damage.ts";
import { SqliteStore } from "./sqlite-store.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-bytes-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ME = { owner: "me", leaseMs: 10_000 };
const COUNT = 12;
const DUE_AT = Date.UTC(2025, 5, 1);
const clock = new StandingClock();
const GIDS = Array.from({ length: COUNT }, (_, index) => `order-${index}` as Gid);

let file: Buffer;
let stored: ReadonlyMap<Gid, StoredTransaction>;

beforeAll(async () => {
  const path = join(folder, "whole.db");
  const store = await SqliteStore.open({ path, clock });
  for (const [index, gid] of GIDS.entries()) await fill(store, gid, index);
  stored = new Map(await Promise.all(GIDS.map(async (gid) => [gid, await loaded(store, gid)] as const)));
  await store.close();
  file = readFileSync(path);
});

/** A transaction of one branch; every second one gets another branch later. */
async function fill(store: SqliteStore, gid: Gid, index: number): Promise<void> {
  const url = (path: string): string => `http://pay.test/${gid}/${path}`;
  const payload = Buffer.from(JSON.stringify({ account: `account-${index}`, amount: 1_000 + index }));
  const definition = { gid, customData: `custom-${index}` };
  const progress = { nextRunAt: (DUE_AT + index) as EpochMs };
  const branches = [aBranch({ urls: { action: url("do"), compensate: url("undo") }, payload })];
  await write(store, creationOf(aTransaction({ definition, branches, progress })));
  if (index % 2 === 0) return;
  const registered = [aBranch({ id: branchIdOf(1), urls: { action: url("later") }, payload })];
  const reason = `reason-${index}`;
  await write(
    store,
    updateOf({ gid, expectedVersion: 1 }, { ...progress, branches: [{}, {}], reason, registered }),
  );
}

async function write(store: SqliteStore, one: Parameters<SqliteStore["write"]>[0][number]): Promise<void> {
  expect(await store.write([one], ME)).toEqual(["stored"]);
}

async function loaded(store: SqliteStore, gid: Gid): Promise<StoredTransaction> {
  const found = await store.load(gid);
  if (found === undefined) throw new Error(`${gid} is not there`);
  return found;
}

let copies = 0;

/** The path of a copy of the file that has `bytes` at `at`. */
function changedAt(at: number, bytes: Uint8Array): string {
  copies += 1;
  const path = join(folder, `changed-${copies}.db`);
  const copy = Buffer.from(file);
  copy.set(bytes, at);
  writeFileSync(path, copy);
  return path;
}

/** Everything that can be claimed, and the messages about what cannot. */
async function claimAll(
  store: SqliteStore,
): Promise<{ claimed: readonly ClaimedTransaction[]; said: readonly string[] }> {
  const claimed: ClaimedTransaction[] = [];
  const said: string[] = [];
  for (let round = 0; round <= COUNT; round += 1) {
    const found = await store.claimDue({ ...ME, limit: 5, bytesMax: 1e6, isDrivenHere: () => false });
    claimed.push(...found.claimed);
    said.push(...found.unreadable.map(({ message }) => message));
    if (found.claimed.length + found.unreadable.length === 0) return { claimed, said };
  }
  throw new Error("a claim takes what is claimed already");
}

const contentOf = ({ definition, branches, progress, waitsFor }: StoredTransaction) => ({
  definition,
  branches,
  progress,
  waitsFor,
});

test.for([
  ["the account that is paid", '"account-7"', '"account-8"', "branches"],
  ["an amount", '"amount":1007', '"amount":9007', "branches"],
  ["a URL", "order-7/undo", "order-7/redo", "branches"],
  ["a URL of a branch that came later", "order-7/later", "order-7/lbter", "registered branches"],
  ["the definition", '"custom-7"', '"custom-9"', "definition"],
  ["the progress", '"reason-7"', '"reason-9"', "progress"],
] as const)("%s that was changed is driven and answered by nobody", async ([, from, to, part]) => {
  const at = file.indexOf(from);
  expect(at).toBeGreaterThan(0);
  const path = changedAt(at, Buffer.from(to));
  const store = await SqliteStore.open({ path, clock });
  const message = `The record of transaction "order-7" cannot be read: The bytes of its ${part} in changed-${copies}.db are not the ones that were stored`;
  await expect(store.load("order-7" as Gid)).rejects.toMatchObject({
    name: "UnreadableRecord",
    gid: "order-7",
    message: expect.stringContaining(message),
  });
  await expect(store.claim({ ...ME, gid: "order-7" as Gid })).rejects.toThrow(message);
  const { claimed, said } = await claimAll(store);
  expect(said).toEqual([expect.stringContaining(message)]);
  expect(claimed).toHaveLength(COUNT - 1);
  await store.close();
});

test("a record of an older version has no checksum, and gets one with its next write", async () => {
  const path = changedAt(0, new Uint8Array());
  const change = (sql: string): void => {
    using database = new DatabaseSync(path);
    database.exec(sql);
  };
  change("update transactions set checksum = null");
  const store = await SqliteStore.open({ path, clock });
  expect((await loaded(store, "order-7" as Gid)).progress.reason).toBe("reason-7");
  const progress = { branches: [{}], reason: "reason-8" };
  await write(store, updateOf({ gid: "order-8" as Gid, expectedVersion: 1 }, progress));
  await store.close();

  change("update transactions set progress = replace(progress, 'reason-', 'season-')");
  const again = await SqliteStore.open({ path, clock });
  expect((await loaded(again, "order-7" as Gid)).progress.reason).toBe("season-7");
  await expect(again.load("order-8" as Gid)).rejects.toThrow("The bytes of its progress in changed-");
  await again.close();
});

/** The path of a copy of the file in which `sql` was run. */
function changedBy(sql: string): string {
  const path = changedAt(0, new Uint8Array());
  using database = new DatabaseSync(path);
  database.exec(sql);
  return path;
}

test("a place among the branches that is no number any more is noticed", async () => {
  const path = changedBy("update registered_branches set first = 'x' where transaction_id = 8");
  const store = await SqliteStore.open({ path, clock });
  await expect(store.load("order-7" as Gid)).rejects.toThrow("The bytes of its registered branches in");
  await store.close();
});

test("an integer that JavaScript cannot hold is damage", async () => {
  const path = changedBy("update transactions set version = 9007199254740993 where gid = 'order-7'");
  const store = await SqliteStore.open({ path, clock });
  await expect(store.load("order-7" as Gid)).rejects.toMatchObject({
    name: "StoreFailure",
    message: `The database ${path} is damaged; restore it from a backup.`,
  });
  await store.close();
});

/** Places of the file with a byte to change them by. One run has them all. */
const FLIPS = 150;
const SEED = 20_261_125;

test("whatever byte changes, nothing altered is claimed or answered, and nothing is gone without a word", async () => {
  const places = fc.noBias(fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 })));
  const seen = { refused: 0, unreadable: 0, unharmed: 0 };
  for (const [at, flip] of fc.sample(places, { seed: SEED, numRuns: FLIPS }))
    seen[await readBack(changedAt(at, Buffer.of(file.readUInt8(at) ^ flip)), `byte ${at} ^ ${flip}`)] += 1;
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(FLIPS / 50);
});

/** Reads everything in the file, compares it with what was stored, and says what was noticed. */
async function readBack(path: string, where: string): Promise<"refused" | "unreadable" | "unharmed"> {
  try {
    const store = await SqliteStore.open({ path, clock });
    try {
      let isWhole = true;
      for (const [gid, before] of stored) isWhole = (await isAnswered(store, gid, before, where)) && isWhole;
      const { claimed, said } = await claimAll(store);
      for (const one of claimed) {
        const before = stored.get(one.definition.gid);
        expect(before && contentOf(one), where).toEqual(before && contentOf(before));
      }
      expect(new Set(claimed.map(({ definition }) => definition.gid)).size + said.length, where).toBe(COUNT);
      expect(said.length > 0, where).toBe(!isWhole);
      return isWhole ? "unharmed" : "unreadable";
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    expect(error.message, where).toContain(path);
    return "refused";
  } finally {
    rmSync(path, { force: true });
  }
}

/** Whether the transaction is answered, as it was stored; false when the store says that nobody can read it. */
async function isAnswered(
  store: SqliteStore,
  gid: Gid,
  before: StoredTransaction,
  where: string,
): Promise<boolean> {
  try {
    const found = await store.load(gid);
    expect(found && contentOf(found), where).toEqual(contentOf(before));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "UnreadableRecord") return false;
    throw error;
  }
}

/** The instant at which the first transaction is due, as the table and the index have it. */
function dueInstants(): readonly number[] {
  const instant = Buffer.alloc(6);
  instant.writeUIntBE(DUE_AT, 0, 6);
  const places: number[] = [];
  for (let at = file.indexOf(instant); at >= 0; at = file.indexOf(instant, at + 1)) places.push(at);
  return places;
}

test("an instant that differs between the table and an index stops the start, and says what is wrong", async () => {
  const places = dueInstants();
  expect(places.length).toBeGreaterThan(1);
  for (const at of places) {
    const path = changedAt(at, Buffer.of(0x7f));
    await expect(SqliteStore.open({ path, clock })).rejects.toThrow(
      /The database .*changed-\d+\.db is damaged \(.*index transactions_free.*\); restore it from a backup/,
    );
  }
});

test("an index is right again after the reindex that docs/operating.md names", async () => {
  const [, inIndex = 0] = dueInstants();
  const path = changedAt(inIndex, Buffer.of(0x7f));
  {
    using database = new DatabaseSync(path);
    database.exec("reindex");
  }
  const store = await SqliteStore.open({ path, clock });
  expect((await claimAll(store)).claimed).toHaveLength(COUNT);
  await store.close();
});

test("a file that is too large for it is not looked through", () => {
  const path = changedAt(dueInstants()[0] ?? 0, Buffer.of(0x7f));
  using database = new DatabaseSync(path);
  expect(() => checkUndamaged(database, path, file.length)).toThrow("is damaged");
  expect(() => checkUndamaged(database, path, file.length - 1)).not.toThrow();
});
