// Goal: I9 for damage: the store reports an unreadable record by its gid, and all other records work as before.
// Method: damage real rows in the file while nobody has it open; then open the store, and run the engine on it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { aTransaction, creationOf, gidsOf, StandingClock } from "@lockstep/testkit/store-contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UnreadableRecord } from "../../engine/answers.ts";
import { Engine } from "../../engine/engine.ts";
import { LIMITS, ManualBranches, ManualClock } from "../../engine/engine-fixture.ts";
import { logOfEvents } from "../../log/log-of-events.ts";
import type { EpochMs, Gid } from "../../transaction/model.ts";
import { saga } from "../../transaction/saga/saga-fixture.ts";
import { SqliteStore } from "./sqlite-store.ts";

const LEASE_MS = 10_000;
const ME = { owner: "me", leaseMs: LEASE_MS };
const CLAIM = { ...ME, limit: 100, bytesMax: 1e6, isDrivenHere: () => false };
const PAGE = { bytesMax: 1e6 };

const clock = new StandingClock();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-unreadable-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file with these gids, all due and free, oldest first; the records of gids that begin with "bad" are damaged. */
async function damagedFile(
  gids: readonly string[],
  damage = "transactions set progress = '{' where gid like 'bad%'",
): Promise<string> {
  const path = join(folder, "lockstep.db");
  const store = await SqliteStore.open({ path, clock });
  const dueAt = (index: number): EpochMs => (1 + index) as EpochMs;
  const transactions = gids.map((gid, index) =>
    aTransaction({ definition: { gid: gid as Gid }, progress: { nextRunAt: dueAt(index) } }),
  );
  await store.write(
    transactions.map((transaction) => creationOf(transaction)),
    ME,
  );
  await store.close();
  using database = new DatabaseSync(path);
  // As an older version stores them. With checksums, all of this damage would be one: see changed-bytes.test.ts.
  database.exec("update transactions set checksum = null");
  database.exec("update definitions set checksum = null, branches_checksum = null");
  database.exec(`update ${damage}`);
  return path;
}

async function openDamaged(gids: readonly string[], damage?: string): Promise<SqliteStore> {
  return SqliteStore.open({ path: await damagedFile(gids, damage), clock });
}

const OF_BAD = "where gid like 'bad%'";
const OF_BAD_ID = `where id in (select id from transactions ${OF_BAD})`;

test.for([
  [`transactions set progress = '{' ${OF_BAD}`, "The stored progress is not JSON."],
  [`transactions set progress = x'00' ${OF_BAD}`, "A column has the wrong type."],
  [`definitions set definition = x'0100' ${OF_BAD_ID}`, "The stored definition is cut short."],
  [`definitions set definition = x'' ${OF_BAD_ID}`, "The stored definition has form undefined"],
  [`definitions set id = id + 1000 ${OF_BAD_ID}`, "A column has the wrong type."],
  [
    `definitions set definition = cast(replace(cast(definition as text), '"bad"', '"sad"') as blob) ${OF_BAD_ID}`,
    "The stored definition is of another transaction.",
  ],
] as const)("a record that is damaged by %s is refused, with its gid", async ([damage, words]) => {
  const store = await openDamaged(["bad"], damage);
  const refusal = {
    name: "UnreadableRecord",
    gid: "bad",
    message: expect.stringContaining(`The record of transaction "bad" cannot be read: ${words}`),
  };
  await expect(store.load("bad" as Gid)).rejects.toMatchObject(refusal);
  await expect(store.claim({ ...CLAIM, gid: "bad" as Gid })).rejects.toMatchObject(refusal);
  expect((await store.claimDue(CLAIM)).unreadable).toMatchObject([refusal]);
  expect((await store.list({ limit: 1, ...PAGE })).unreadable).toMatchObject([refusal]);
  await store.close();
});

test.for([
  [`transactions set ops = '[]' ${OF_BAD}`, "Branches and progress have different numbers of branches."],
  [`transactions set ops = '{' ${OF_BAD}`, "The stored ops is not JSON."],
  [`definitions set branches = x'01' ${OF_BAD_ID}`, "The stored branches is cut short."],
  [`definitions set branches = null ${OF_BAD_ID}`, "A column has the wrong type."],
  [
    `definitions set definition = cast(replace(cast(definition as text), '{"orders":{}}', '{}') as blob) ${OF_BAD_ID}`,
    "The stored settings are not those of a saga.",
  ],
] as const)(
  "a record whose other part is damaged by %s is refused, and listed all the same",
  async ([damage, words]) => {
    const store = await openDamaged(["bad"], damage);
    const message = `The record of transaction "bad" cannot be read: ${words}`;
    await expect(store.load("bad" as Gid)).rejects.toMatchObject({ name: "UnreadableRecord", message });
    expect((await store.claimDue(CLAIM)).unreadable).toMatchObject([{ message }]);
    const { found, unreadable } = await store.list({ limit: 1, ...PAGE });
    expect([gidsOf(found), unreadable]).toEqual([["bad"], []]);
    await store.close();
  },
);

describe("claiming what is due", () => {
  test("takes the others, and comes back to the damaged one when its lease has run out", async () => {
    const store = await openDamaged(["a", "bad", "b"]);
    const first = await store.claimDue(CLAIM);
    expect(gidsOf(first.claimed)).toEqual(["a", "b"]);
    expect(first.unreadable).toEqual([expect.any(UnreadableRecord)]);
    expect(first.nextDueAt).toBe(clock.now() + LEASE_MS);

    clock.advance(LEASE_MS - 1);
    await store.renew({ ...ME, gids: ["a", "b"] as Gid[] });
    expect(await store.claimDue(CLAIM)).toMatchObject({ claimed: [], unreadable: [] });
    clock.advance(1);
    expect(await store.claimDue(CLAIM)).toMatchObject({ claimed: [], unreadable: [{ gid: "bad" }] });
    await store.close();
  });

  test("more damaged ones than fit a claim leave the others their turn", async () => {
    const store = await openDamaged(["bad1", "bad2", "bad3", "a"]);
    const claims = [];
    for (const _ of [1, 2]) claims.push(await store.claimDue({ ...CLAIM, limit: 2 }));
    expect(claims).toMatchObject([
      { claimed: [], unreadable: [{ gid: "bad1" }, { gid: "bad2" }] },
      { claimed: [{ definition: { gid: "a" } }], unreadable: [{ gid: "bad3" }] },
    ]);
    await store.close();
  });
});

describe("a list", () => {
  test.for([
    [1, "d", ""],
    [2, "dc", "bad2"],
    [3, "dcb", "bad2,bad1"],
    [4, "dcb", "bad2,bad1"],
  ] as const)("of %i is filled with those that can be read: %s", async ([limit, found, unreadable]) => {
    const store = await openDamaged(["b", "bad1", "c", "bad2", "d"]);
    const listed = await store.list({ limit, ...PAGE });
    expect(gidsOf(listed.found).join("")).toBe(found);
    expect(listed.unreadable.map(({ gid }) => gid).join()).toBe(unreadable);
    await store.close();
  });

  test("keeps its filters while it is filled", async () => {
    const store = await openDamaged(["a", "bad1", "bad2"]);
    const listed = await store.list({
      limit: 1,
      ...PAGE,
      status: "submitted",
      createdFrom: 1 as EpochMs,
    });
    expect(gidsOf(listed.found)).toEqual(["a"]);
    expect(await store.list({ limit: 1, ...PAGE, status: "failed" })).toEqual({
      found: [],
      unreadable: [],
      nextBeforeId: null,
    });
    await store.close();
  });
});

test("the engine drives the others, and says in the log which it cannot", async () => {
  const manual = new ManualClock();
  const store = await SqliteStore.open({ path: await damagedFile(["a", "bad", "b"]), clock: manual });
  const branches = new ManualBranches();
  branches.auto = () => ({ kind: "success" });
  const errors: string[] = [];
  const error = (event: string, fields: object, cause: unknown): number =>
    errors.push(`${event} ${JSON.stringify(fields)} ${cause}`);
  const observe = logOfEvents({ info: () => undefined, warn: () => undefined, error });
  const newGid = (): Gid => "new" as Gid;
  const engine = new Engine(
    { store, branches, clock: manual, random: () => 0.5, newGid, observe },
    LIMITS,
    "me",
  );
  const line =
    'cannot drive a transaction that is due; restore its record from a backup {"gid":"bad"} ' +
    'UnreadableRecord: The record of transaction "bad" cannot be read: The stored progress is not JSON.';

  engine.start();
  await manual.advance(LIMITS.leaseMs - 1);
  for (const gid of ["a", "b"]) {
    expect((await engine.load(gid as Gid))?.progress.status).toBe("succeed");
  }
  expect(errors).toEqual([line]);
  await manual.advance(LIMITS.leaseMs);
  expect(errors).toEqual([line, line]);

  errors.length = 0;
  expect(gidsOf((await engine.list({ limit: 9, ...PAGE })).found)).toEqual(["b", "a"]);
  expect(errors).toEqual([expect.stringMatching(/^left a transaction out of a list.*"bad"/)]);
  await expect(engine.load("bad" as Gid)).rejects.toThrow(UnreadableRecord);
  for (const answer of [
    engine.submit(saga("bad"), { waitMs: null }),
    engine.forceStop("bad" as Gid, { actor: "me", reason: "" }),
  ]) {
    expect(await answer).toMatchObject({ kind: "refused", code: "internal" });
  }
  expect(engine.occupancy).toEqual({ inFlight: 0, waiting: 0 });
  await engine.stop();
  await store.close();
});
