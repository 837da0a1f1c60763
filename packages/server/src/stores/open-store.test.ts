import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { LockstepError } from "@lockstep/protocol";
import { StandingClock } from "@lockstep/testkit/store-contract";
import { afterAll, expect, test } from "vitest";
import { openStore } from "./open-store.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-open-store-"));
afterAll(() => rmSync(folder, { recursive: true }));
const clock = new StandingClock();

test.for([
  ["memory:", "memory"],
  ["MEMORY:", "memory"],
  [`sqlite:${join(folder, "absolute.db")}`, "sqlite"],
  [`sqlite:${relative(process.cwd(), join(folder, "relative.db"))}`, "sqlite"],
  [`sqlite:${join(folder, "a name with spaces? and #marks%20.db")}`, "sqlite"],
] as const)("%s opens a store named %s", async ([url, name]) => {
  const store = await openStore(url, { clock });
  expect(store.traits.name).toBe(name);
  await store.ping();
  await store.close();
});

test.for([
  ["", "no scheme"],
  ["lockstep.db", "no scheme"],
  ["sqlite:", "names no file"],
  ["sqlite::memory:", 'spelled "memory:"'],
  ["memory:somewhere", "has no address"],
  ["postgres://root:secret@db/lockstep", '"postgres:" is not supported yet'],
  ["mysql://root:secret@db/lockstep", '"mysql:" is not supported yet'],
  ["redis://db", '"redis:" is not supported yet'],
  ["mongodb://root:secret@db", 'the scheme "mongodb:"'],
] as const)("%j is refused: %s", async ([url, words]) => {
  const thrown = await openStore(url, { clock }).catch((error: unknown) => error);
  if (!(thrown instanceof LockstepError)) throw new Error(`it was not refused but gave ${thrown}`);
  expect(thrown.code).toBe("invalid_argument");
  expect(thrown.message).toContain(words);
  expect(thrown.message).toMatch(/Supported: "sqlite:PATH".*"memory:"/);
  expect(thrown.message).not.toContain("secret");
});
