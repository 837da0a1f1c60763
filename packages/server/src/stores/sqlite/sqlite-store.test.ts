import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StandingClock, type StoreUnderTest, storeContract } from "@lockstep/testkit/store-contract";
import { afterAll } from "vitest";
import { SqliteStore } from "./sqlite-store.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true }));

let fileCount = 0;

const open = async (): Promise<StoreUnderTest> => {
  const clock = new StandingClock();
  fileCount += 1;
  const path = join(folder, `${fileCount}.db`);
  return {
    store: await SqliteStore.open({ path, clock }),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    reopen: () => SqliteStore.open({ path, clock }),
  };
};

storeContract("SqliteStore", { exclusive: true, open });
