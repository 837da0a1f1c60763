// Goal: a file of layout 2, which has no columns for parked transactions and destinations, opens, and lists find in it
// what they find in a new file.
// Method: the file that layout 2's own store made (fixture/layout-2.sql), today's store, and the real engine on it.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { Engine } from "../../engine/engine.ts";
import { BY, LIMITS, ManualBranches, ManualClock, settled } from "../../engine/engine-fixture.ts";
import type { ListQuery } from "../../engine/ports.ts";
import type { Gid } from "../../transaction/model.ts";
import { SqliteStore } from "./sqlite-store.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-layout-2-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("what layout 2 left unfinished is found, and driven to its end", async () => {
  const path = join(folder, "lockstep.db");
  {
    using database = new DatabaseSync(path);
    database.exec(readFileSync(join(import.meta.dirname, "fixture/layout-2.sql"), "utf8"));
  }
  const clock = new ManualClock();
  clock.setWall(1_000 * 86_400_000 * 365);
  const store = await SqliteStore.open({ path, clock });
  const gidsOf = async (query: Partial<ListQuery>): Promise<readonly string[]> => {
    const { found, unreadable } = await store.list({ ...query, limit: 100, bytesMax: 1_000_000 });
    expect(unreadable).toEqual([]);
    return found.map(({ definition }) => definition.gid).toSorted();
  };
  expect(await gidsOf({ parked: true })).toEqual(["parked"]);
  expect(await gidsOf({ parked: false })).toEqual(["aborting", "held", "waiting"]);
  expect(await gidsOf({ destination: "http://b" })).toEqual([]);

  const branches = new ManualBranches();
  branches.auto = () => ({ kind: "unknown", cause: "http 500" });
  const newGid = (): Gid => "new" as Gid;
  const ports = { store, branches, clock, random: () => 0.5, newGid, observe: () => undefined };
  const engine = new Engine(ports, LIMITS, "me");
  engine.start();
  await engine.retryNow("parked" as Gid, BY);
  await clock.advance(1_000);
  expect(await gidsOf({ destination: "http://b" })).toEqual(["aborting", "held", "parked", "waiting"]);

  branches.auto = () => ({ kind: "success" });
  await clock.advance(60_000);
  await settled();
  expect(await gidsOf({ status: "succeed" })).toEqual(["held", "parked", "waiting"]);
  expect(await gidsOf({ status: "failed" })).toEqual(["aborting"]);
  expect(await gidsOf({ destination: "http://b" })).toEqual([]);
  await engine.stop();
  await store.close();
});
