// Goal: a path names a plain file, whatever it looks like: what SQLite would read as a URI loses none of the safeguards.
// Method: relative paths that begin with "file:", in a folder of their own, on the real file system.
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aTransaction, creationOf, StandingClock } from "@lockstep/testkit/store-contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../open-store.ts";

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

const URIS = ["file:y.db", "file:y.db?vfs=unix-none", "file:y.db?mode=memory", "file::memory:"];

test.for(URIS)("%s is the name of a file", async (uri) => {
  const store = await openStore(`sqlite:${uri}`, { clock });
  expect(await store.write([creationOf(aTransaction())], TERMS)).toEqual(["stored"]);
  expect(readdirSync(folder).sort()).toEqual([uri, `${uri}-wal`]);
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
