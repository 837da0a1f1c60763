// Goal: a database that lost something between a kill and the next start is refused, with what was lost; nothing that
// whoever put a file away could still put back is touched; and an operator can go on nevertheless.
// Method: a real store is filled, and its files are copied while it is open, as a kill leaves them. Each row harms the
// copy, and opens it.
import { hash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { aTransaction, creationOf, StandingClock, updateOf } from "@lockstep/testkit/store-contract";
import { afterAll, expect, test } from "vitest";
import type { Gid } from "../../transaction/model.ts";
import { FlushCount } from "./flush-count.ts";
import { flushFileOf, readFlushFile } from "./flush-file.ts";
import { SqliteStore } from "./sqlite-store.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-lost-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TERMS = { owner: "me", leaseMs: 10_000 };
const FLUSHES = 40;
const clock = new StandingClock();
let copies = 0;

async function flush(store: SqliteStore, gid: string, customData = ""): Promise<void> {
  const definition = { gid: gid as Gid, customData };
  expect(await store.write([creationOf(aTransaction({ definition }))], TERMS)).toEqual(["stored"]);
  clock.advance(1_000);
}

/** The path of files as a kill leaves them: `FLUSHES` flushes, the last half of them in the log alone. */
async function killed(): Promise<string> {
  copies += 1;
  const home = join(folder, `open-${copies}`);
  const left = join(folder, `killed-${copies}`);
  cpSync(mkdtempSync(join(folder, "empty-")), home, { recursive: true });
  const path = join(home, "y.db");
  const first = await SqliteStore.open({ path, clock });
  for (let number = 0; number < FLUSHES / 2; number += 1)
    await flush(first, `old-${number}`, "x".repeat(900));
  await first.close();
  const store = await SqliteStore.open({ path, clock });
  for (let number = 0; number < FLUSHES / 2; number += 1) await flush(store, `new-${number}`);
  cpSync(home, left, { recursive: true });
  await store.close();
  // The copy of the database has another inode, and a kill does not change it.
  const copied = join(left, "y.db");
  const told = readFlushFile(copied);
  if (told === undefined || told === "unreadable") throw new Error("there is no flush file");
  expect(told).toMatchObject({ flushes: FLUSHES, created: FLUSHES });
  writeFileSync(flushFileOf(copied), JSON.stringify({ ...told, inode: String(statSync(copied).ino) }));
  return copied;
}

async function openedWithDoubts(path: string): Promise<{ store: SqliteStore; doubts: readonly string[] }> {
  const doubts: string[] = [];
  return { store: await SqliteStore.open({ path, clock, onDoubt: (doubt) => doubts.push(doubt) }), doubts };
}

/** A digest of each file that holds something. */
function contentsOf(path: string): Readonly<Record<string, string>> {
  const home = join(path, "..");
  const filled = readdirSync(home).filter((name) => statSync(join(home, name)).size > 0);
  return Object.fromEntries(filled.map((name) => [name, hash("sha256", readFileSync(join(home, name)))]));
}

test("after a kill, files that nobody touched open without a word, again and again", async () => {
  const path = await killed();
  for (let round = 0; round < 2; round += 1) {
    const { store, doubts } = await openedWithDoubts(path);
    expect(doubts).toEqual([]);
    await flush(store, `later-${round}`);
    await store.close();
  }
  expect(readFlushFile(path)).toMatchObject({ flushes: FLUSHES + 2, created: FLUSHES + 2 });
});

const damage = (path: string, at: number): void => {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  writeFileSync(path, bytes);
};
const half = (path: string): number => Math.floor(statSync(path).size / 2);

const HARMS: readonly (readonly [string, RegExp, (path: string) => void])[] = [
  [
    "its log is deleted",
    /lacks the last 20 of 40 flushes.*20 transactions are gone/,
    (path) => rmSync(`${path}-wal`),
  ],
  ["its log is emptied", /lacks the last 20 of 40 flushes/, (path) => truncateSync(`${path}-wal`)],
  [
    "its log is cut",
    /lacks the last \d+ of 40 flushes/,
    (path) => truncateSync(`${path}-wal`, half(`${path}-wal`)),
  ],
  [
    "its log lacks its last byte",
    /lacks the last 1 of 40 flushes: .* of \d{4}-.*Z, and .* of \d{4}-.*Z\. 1 transactions are gone/,
    (path) => truncateSync(`${path}-wal`, statSync(`${path}-wal`).size - 1),
  ],
  [
    "its log is damaged",
    /lacks the last \d+ of 40 flushes/,
    (path) => damage(`${path}-wal`, half(`${path}-wal`)),
  ],
  ["the head of its log is damaged", /lacks the last 20 of 40 flushes/, (path) => damage(`${path}-wal`, 20)],
  ["it is deleted", /is gone: 40 flushes were stored in it, with 40 transactions/, (path) => rmSync(path)],
  ["it is emptied", /is empty: 40 flushes were stored in it/, (path) => truncateSync(path)],
  ["it is cut", /was cut: it has \d+ of \d+ bytes/, (path) => truncateSync(path, half(path))],
  [
    "it and its log are deleted",
    /is gone: 40 flushes/,
    (path) => {
      rmSync(path);
      rmSync(`${path}-wal`);
    },
  ],
  [
    "the file of another store stands in its place",
    /is another one than the one that stood there, which had 40 flushes/,
    (path) => {
      rmSync(`${path}-wal`);
      rmSync(path);
      const other = new DatabaseSync(path);
      other.exec(`create table filler (text); insert into filler values (zeroblob(${1 << 20}))`);
      other.close();
    },
  ],
];

test.for(HARMS)("when %s, the start is refused and nothing is changed", async ([, said, harm]) => {
  const path = await killed();
  harm(path);
  const before = contentsOf(path);
  for (let round = 0; round < 2; round += 1) {
    await expect(SqliteStore.open({ path, clock })).rejects.toMatchObject({
      name: "StoreFailure",
      message: expect.stringMatching(
        new RegExp(`${said.source}.*go on with what is there now, delete .*y\\.db-flushes`),
      ),
    });
  }
  expect(contentsOf(path)).toEqual(before);
});

test("an older copy in the place of the database is refused, with its own log and with the newer one", async () => {
  const path = await killed();
  const { store } = await openedWithDoubts(path);
  await store.close();
  const older = `${path}-copy`;
  copyFileSync(path, older);
  const next = await SqliteStore.open({ path, clock });
  // So much that the log is written into the database more than once.
  for (let number = 0; number < 60; number += 1) await flush(next, `more-${number}`, "x".repeat(60_000));
  const left = join(folder, "older");
  cpSync(join(path, ".."), left, { recursive: true });
  await next.close();
  const copied = join(left, "y.db");
  rmSync(copied);
  copyFileSync(older, copied);
  // As long as the newer one, so that its length tells nothing.
  truncateSync(copied, readFlushFileOf(copied).bytes);
  const before = contentsOf(copied);
  await expect(SqliteStore.open({ path: copied, clock })).rejects.toThrow(
    /-wal is not the log of the database/,
  );
  expect(contentsOf(copied)).toEqual(before);
  rmSync(`${copied}-wal`);
  await expect(SqliteStore.open({ path: copied, clock })).rejects.toThrow(/lacks the last 60 of 100 flushes/);
});

function readFlushFileOf(path: string) {
  const told = readFlushFile(path);
  if (told === undefined || told === "unreadable") throw new Error("there is no flush file");
  return told;
}

test("put back as it was, everything goes on as if nothing had been", async () => {
  const path = await killed();
  copyFileSync(`${path}-wal`, `${path}-away`);
  rmSync(`${path}-wal`);
  await expect(SqliteStore.open({ path, clock })).rejects.toThrow(/lacks the last/);
  copyFileSync(`${path}-away`, `${path}-wal`);
  const { store, doubts } = await openedWithDoubts(path);
  expect(doubts).toEqual([]);
  expect(await store.load("new-19" as Gid)).toBeDefined();
  await store.close();
});

test("whoever deletes the flush file goes on with what is there, and the log says what is known", async () => {
  const path = await killed();
  rmSync(`${path}-wal`);
  rmSync(flushFileOf(path));
  const { store, doubts } = await openedWithDoubts(path);
  expect(doubts).toEqual([expect.stringMatching(/newest transactions of .*y\.db are lost.*-wal is missing/)]);
  expect(await store.load("old-19" as Gid)).toBeDefined();
  expect(await store.load("new-0" as Gid)).toBeUndefined();
  await store.close();
  const again = await openedWithDoubts(path);
  expect(again.doubts).toEqual([]);
  await again.store.close();
});

test.for([
  ["is missing", (path: string) => rmSync(flushFileOf(path)), "is missing too"],
  ["is damaged", (path: string) => writeFileSync(flushFileOf(path), '{"id":1}'), "cannot be read"],
  ["is empty", (path: string) => truncateSync(flushFileOf(path)), "cannot be read"],
] as const)("a crash whose flush file %s: it goes on, and says that nobody knows", async ([, harm, said]) => {
  const path = await killed();
  harm(path);
  const { store, doubts } = await openedWithDoubts(path);
  expect(doubts).toEqual([expect.stringMatching(new RegExp(`nobody knows whether .* is complete.*${said}`))]);
  await store.close();
});

test("a copy of a database that was closed in order opens elsewhere without a word", async () => {
  const path = await killed();
  await (await SqliteStore.open({ path, clock })).close();
  const elsewhere = join(folder, "elsewhere.db");
  copyFileSync(path, elsewhere);
  const { store, doubts } = await openedWithDoubts(elsewhere);
  expect(doubts).toEqual([]);
  await store.close();
});

test("without a flush file, a log that has lost its database is refused, too: SQLite would delete it", async () => {
  const path = await killed();
  rmSync(flushFileOf(path));
  rmSync(path);
  await expect(SqliteStore.open({ path, clock })).rejects.toThrow(
    /is gone, but its newest writes are still in/,
  );
  expect(existsSync(`${path}-wal`)).toBe(true);
});

test("a flush that was not stored is not told", async () => {
  const path = join(folder, "conflict.db");
  const store = await SqliteStore.open({ path, clock });
  await flush(store, "one");
  expect(await store.write([updateOf({ gid: "one" as Gid, expectedVersion: 7 }, {})], TERMS)).toEqual([
    "conflict",
  ]);
  expect(readFlushFileOf(path)).toMatchObject({ flushes: 1, created: 1 });
  await store.close();
});

test("a flush that was counted and rolled back is counted once", () => {
  const path = join(folder, "rolled-back.db");
  using database = new DatabaseSync(path);
  database.exec("create table transactions (id integer primary key autoincrement)");
  const count = new FlushCount(database, path, { bytes: 0, inode: "1" });
  database.exec("begin");
  count.count({ now: 1, created: 5 });
  database.exec("rollback; begin");
  const counted = count.count({ now: 2, created: 3 });
  database.exec("commit");
  count.tell(counted, { bytes: 0, inode: "1" });
  expect(readFlushFileOf(path)).toMatchObject({ flushes: 1, created: 3, flushedAt: 2 });
  expect(database.prepare("select flushes, created from flush_count").get()).toEqual({
    flushes: 1,
    created: 3,
  });
  count.close();
});
