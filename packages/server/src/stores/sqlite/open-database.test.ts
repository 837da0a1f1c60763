// Goal: a commit and the name of its file are on the disk; a path always names a plain file, even where SQLite would
// read it as a URI.
// Method: real files in a folder of their own. The test reads SQLite's settings and records every real fsync. Relative
// paths that begin with "file:" stand for URIs.
import fs, { fstatSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aTransaction, creationOf, StandingClock } from "@lockstep/testkit/store-contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../open-store.ts";
import { openDatabase } from "./open-database.ts";

const TERMS = { owner: "me", leaseMs: 10_000 };
const clock = new StandingClock();
const home = process.cwd();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-uri-"));
  // Only a relative path can begin with "file:".
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

// https://sqlite.org/pragma.html explains the numbers. Without "full" a commit returns before it is on the disk.
test.for([
  ["synchronous", 2],
  ["fullfsync", 1],
  ["checkpoint_fullfsync", 1],
  ["journal_mode", "wal"],
  ["locking_mode", "exclusive"],
] as const)("a database is opened with %s = %s", ([name, value]) => {
  using database = openDatabase(join(folder, "y.db"));
  expect(Object.values(database.prepare(`pragma ${name}`).get() ?? {})).toEqual([value]);
});

test.skipIf(process.platform === "win32")("the name of a new file is on the disk, and only once", () => {
  const path = join(folder, "y.db");
  const { ino } = statSync(folder);
  expect(inodesSyncedBy(() => openDatabase(path).close())).toEqual([ino]);
  expect(inodesSyncedBy(() => openDatabase(path).close())).toEqual([]);
});

/** The inodes of the files and folders that Node syncs during `work`. SQLite's own syncs are not among them. */
function inodesSyncedBy(work: () => void): readonly number[] {
  const inodes: number[] = [];
  const { fsyncSync } = fs;
  fs.fsyncSync = (descriptor) => {
    fsyncSync(descriptor);
    inodes.push(fstatSync(descriptor).ino);
  };
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    fs.fsyncSync = fsyncSync;
    syncBuiltinESMExports();
  }
  return inodes;
}

const URIS = ["file:y.db", "file:y.db?vfs=unix-none", "file:y.db?mode=memory", "file::memory:"];

test.for(URIS)("%s is the name of a file", async (uri) => {
  const store = await openStore(`sqlite:${uri}`, { clock });
  expect(await store.write([creationOf(aTransaction())], TERMS)).toEqual(["stored"]);
  expect(readdirSync(folder).sort()).toEqual([uri, `${uri}-flushes`, `${uri}-wal`]);
  if (process.platform !== "win32") expect(statSync(join(folder, uri)).mode & 0o777).toBe(0o600);
  await store.close();
});

test("file:/y.db is a folder that is not there", async () => {
  await expect(openStore("sqlite:file:/y.db?immutable=1", { clock })).rejects.toThrow(
    /^The folder of the database .* does not exist/,
  );
});

test("a second coordinator is kept out, though the URI asks for no locks", async () => {
  const store = await openStore("sqlite:file:y.db?vfs=unix-none", { clock });
  await expect(openStore("sqlite:file:y.db?vfs=unix-none", { clock })).rejects.toThrow(
    /^Another coordinator has .* open/,
  );
  await store.close();
});

test("a file that is deleted is noticed", async () => {
  const store = await openStore("sqlite:file:y.db", { clock });
  rmSync(join(folder, "file:y.db"));
  await expect(store.write([creationOf(aTransaction())], TERMS)).rejects.toThrow(/file:y\.db/);
  await store.close();
});
