import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { StandingClock } from "@lockstep/testkit/store-contract";
import { afterAll, expect, test } from "vitest";
import { openStore } from "./open-store.ts";
import { STORES_OFFERED } from "./store-url.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-open-store-"));
afterAll(() => rmSync(folder, { recursive: true }));
const clock = new StandingClock();

test.for([
  ["memory:", "MemoryStore"],
  [`sqlite:${join(folder, "absolute.db")}`, "SqliteStore"],
  [`sqlite://${join(folder, "with-slashes.db")}`, "SqliteStore"],
  [`sqlite:${relative(process.cwd(), join(folder, "relative.db"))}`, "SqliteStore"],
  [`sqlite:${join(folder, "a name with spaces? and #marks%20.db")}`, "SqliteStore"],
] as const)("%s opens a store named %s", async ([url, name]) => {
  const store = await openStore(url, { clock });
  expect(store.constructor.name).toBe(name);
  await store.ping();
  await store.close();
});

test("a URL that names no store is the caller's mistake", async () => {
  await expect(openStore("postgres://root:secret@db/lockstep", { clock })).rejects.toMatchObject({
    name: "LockstepError",
    code: "invalid_argument",
    message: `The store's URL names a store that is not supported yet (postgres); ${STORES_OFFERED}.`,
  });
});

test("a store that cannot be opened is unavailable", async () => {
  await expect(openStore(`sqlite:${join(folder, "none", "x.db")}`, { clock })).rejects.toMatchObject({
    name: "StoreFailure",
    code: "unavailable",
  });
});
