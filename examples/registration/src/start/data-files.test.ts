import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { forgetData } from "./data-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-data-files-"));
  for (const name of ["user.db", "score.db", "coordinator.db"]) aDatabase(name).close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function aDatabase(name: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, name));
  database.exec("pragma journal_mode = wal; create table if not exists t (a); insert into t values (1)");
  return database;
}

test("our files go, whatever is in them, and others stay", () => {
  writeFileSync(join(folder, "score.db"), "no database at all");
  writeFileSync(join(folder, "notes.txt"), "mine");
  forgetData(folder);
  expect(readdirSync(folder)).toEqual(["notes.txt"]);
  forgetData(folder);
});

test.for(["user.db", "score.db", "coordinator.db"])("%s in use: nothing goes", (name) => {
  const inUse = new DatabaseSync(join(folder, name), { readOnly: true });
  expect(inUse.prepare("select a from t").get()).toEqual({ a: 1 });
  try {
    expect(() => forgetData(folder)).toThrow(`${name} is in use`);
    for (const each of ["user.db", "score.db", "coordinator.db"]) {
      expect(existsSync(join(folder, each))).toBe(true);
    }
    expect(inUse.prepare("select a from t").get()).toEqual({ a: 1 });
  } finally {
    inUse.close();
  }
});
