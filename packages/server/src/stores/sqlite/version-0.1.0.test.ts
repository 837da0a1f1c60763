// Goal: a file of version 0.1.0 with unfinished sagas can be opened, and every saga comes to its end.
// Method: the file that 0.1.0 made (fixture/version-0.1.0.sql), today's store, and the real engine on it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { Engine } from "../../engine/engine.ts";
import { BY, LIMITS, ManualBranches, ManualClock, settled } from "../../engine/engine-fixture.ts";
import type { Gid } from "../../transaction/model.ts";
import { aStep, saga } from "../../transaction/saga/saga-fixture.ts";
import { SqliteStore } from "./sqlite-store.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-0.1.0-"));
afterAll(() => rmSync(folder, { recursive: true }));

let fileCount = 0;

function oldFile(): string {
  fileCount += 1;
  const path = join(folder, `${fileCount}.db`);
  using database = new DatabaseSync(path);
  database.exec(readFileSync(join(import.meta.dirname, "fixture/version-0.1.0.sql"), "utf8"));
  return path;
}

const DAY_MS = 86_400_000;

test.for([
  ["on a clock that goes on", 365 * DAY_MS],
  ["on a clock that was set back by most of a year", 0],
] as const)("what 0.1.0 left unfinished is driven to its end %s", async ([, aheadMs]) => {
  const clock = new ManualClock();
  clock.setWall(aheadMs);
  const store = await SqliteStore.open({ path: oldFile(), clock });
  const { found, unreadable } = await store.list({ limit: 100, bytesMax: 1_000_000 });
  expect(unreadable).toEqual([]);
  expect(found.map(({ definition, progress }) => [definition.gid, progress.status])).toEqual([
    ["failed", "failed"],
    ["succeed", "succeed"],
    ["held", "submitted"],
    ["parked", "submitted"],
    ["aborting", "aborting"],
    ["waiting", "submitted"],
    ["prepared", "prepared"],
  ]);
  const held = await store.load("held" as Gid);
  expect(held?.definition).toMatchObject({ concurrent: true, settings: { orders: { 1: [0] } } });
  expect(held?.branches[1]).toEqual({
    id: "02",
    urls: { compensate: "http://b/c2", action: "http://b/a2" },
    payload: Uint8Array.of(0xff, 2, 0),
  });

  const branches = new ManualBranches();
  branches.auto = () => ({ kind: "success" });
  const newGid = (): Gid => "new" as Gid;
  const engine = new Engine(
    { store, branches, clock, random: () => 0.5, newGid, observe: () => undefined },
    LIMITS,
    "me",
  );
  engine.start();
  await clock.advance(10_000);
  const payloadOf = (number: number) => ({ payload: Uint8Array.of(0xff, number, 0) });
  const asked = saga("prepared", { branches: [aStep(0, payloadOf(1)), aStep(1, payloadOf(2))] });
  expect(await engine.submit(asked, { waitMs: null })).toEqual({ kind: "accepted" });
  expect(await engine.retryNow("parked" as Gid, BY)).toEqual({ kind: "done" });
  await settled();
  await clock.advance(10_000);

  expect(branches.made.toSorted()).toEqual([
    "aborting c1",
    "aborting c2",
    "held a1",
    "held a2",
    "parked a1",
    "parked a2",
    "prepared a1",
    "prepared a2",
    "waiting a1",
    "waiting a2",
  ]);
  const ends = await store.list({ limit: 100, bytesMax: 1_000_000 });
  expect(Object.fromEntries(ends.found.map((row) => [row.definition.gid, row.progress.status]))).toEqual({
    failed: "failed",
    succeed: "succeed",
    held: "succeed",
    parked: "succeed",
    aborting: "failed",
    waiting: "succeed",
    prepared: "succeed",
  });
  await engine.stop();
  await store.close();
});
