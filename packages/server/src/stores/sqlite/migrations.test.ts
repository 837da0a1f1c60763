// Goal: a file of an older version gets the new layout and keeps its content, and no other file is touched.
// Method: real files, with layouts made up here, so that the test does not depend on the real ones.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StandingClock } from "@lockstep/testkit/store-contract";
import { afterAll, expect, test } from "vitest";
import { APPLICATION_ID, MIGRATIONS, migrate } from "./migrations.ts";
import { SqliteStore } from "./sqlite-store.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-migrations-"));
afterAll(() => rmSync(folder, { recursive: true }));

let fileCount = 0;
function newPath(): string {
  fileCount += 1;
  return join(folder, `${fileCount}.db`);
}

const FIRST = "create table sagas (gid text, state text); create index sagas_gid on sagas (gid)";
const SECOND = "alter table sagas add column attempts integer not null default 0";
const THIRD =
  "update sagas set state = 'succeed' where state = 'done'; alter table sagas rename to transactions";

/** A file of layout 1 with two rows. */
function olderFile(): string {
  const path = newPath();
  using database = new DatabaseSync(path);
  migrate(database, path, [FIRST]);
  database.exec("insert into sagas values ('a', 'done'), ('b', 'submitted')");
  return path;
}

test("a file of layout 1 gets the changes since, and keeps its rows", () => {
  const path = olderFile();
  using database = new DatabaseSync(path);
  migrate(database, path, [FIRST, SECOND, THIRD]);
  expect(database.prepare("select * from transactions order by gid").all()).toEqual([
    { gid: "a", state: "succeed", attempts: 0 },
    { gid: "b", state: "submitted", attempts: 0 },
  ]);
  expect(database.prepare("pragma user_version").get()).toEqual({ user_version: 3 });
});

test("a second time changes nothing", () => {
  const path = olderFile();
  using database = new DatabaseSync(path);
  migrate(database, path, [FIRST, SECOND]);
  migrate(database, path, [FIRST, SECOND]);
  expect(database.prepare("select attempts from sagas").all()).toHaveLength(2);
});

test("a change that fails leaves the file as it was", () => {
  const path = olderFile();
  using database = new DatabaseSync(path);
  expect(() => migrate(database, path, [FIRST, SECOND, "alter table nothing rename to something"])).toThrow(
    /nothing/,
  );
  expect(database.prepare("select * from sagas where gid = 'a'").get()).toEqual({ gid: "a", state: "done" });
  expect(database.prepare("pragma user_version").get()).toEqual({ user_version: 1 });
  migrate(database, path, [FIRST, SECOND]);
});

test("a file of a newer version is refused, and says what to do", async () => {
  const path = newPath();
  {
    using database = new DatabaseSync(path);
    migrate(database, path, [...MIGRATIONS, "create table later (id integer)"]);
  }
  const opening = SqliteStore.open({ path, clock: new StandingClock() });
  await expect(opening).rejects.toThrow(
    `The database ${path} has layout ${MIGRATIONS.length + 1}, and this version of Lockstep knows layouts up to ` +
      `${MIGRATIONS.length}: a newer Lockstep has used it. Start that version or a later one.`,
  );
});

test.for([
  ["with tables", "create table users (id integer)"],
  ["with another application's mark", "pragma application_id = 77"],
  ["with another's version", "pragma user_version = 3"],
] as const)("another program's file %s is refused and left alone", async ([, sql]) => {
  const path = newPath();
  {
    using database = new DatabaseSync(path);
    database.exec(sql);
  }
  await expect(SqliteStore.open({ path, clock: new StandingClock() })).rejects.toThrow(
    /belongs to another program/,
  );
  using database = new DatabaseSync(path);
  expect(database.prepare("select name from sqlite_schema where name like 'transactions%'").all()).toEqual(
    [],
  );
});

test("a new file is marked as ours", async () => {
  const path = newPath();
  await (await SqliteStore.open({ path, clock: new StandingClock() })).close();
  using database = new DatabaseSync(path);
  expect(database.prepare("pragma application_id").get()).toEqual({ application_id: APPLICATION_ID });
  expect(database.prepare("pragma user_version").get()).toEqual({ user_version: MIGRATIONS.length });
});
