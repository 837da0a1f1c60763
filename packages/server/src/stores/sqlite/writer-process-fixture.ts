// A process that writes to a store until it is killed. It prints a gid after the store has answered "stored":
//
//     node writer-process-fixture.ts PATH FIRST_NUMBER
//
// Transactions have the gids FIRST_NUMBER, FIRST_NUMBER + 1, … One flush creates a transaction, and the next updates it
// and prints its gid with a "+". When the store rejects a write, the process prints "rejected: " with the message, and
// ends.
import { writeSync } from "node:fs";
import { aTransaction, creationOf, StandingClock, updateOf } from "@lockstep/testkit/store-contract";
import type { Gid } from "../../transaction/model.ts";
import { SqliteStore } from "./sqlite-store.ts";

const TERMS = { owner: "writer", leaseMs: 10_000 };
const STDOUT = 1;

const [path = "", firstNumber = "1"] = process.argv.slice(2);
const store = await SqliteStore.open({ path, clock: new StandingClock() });
writeSync(STDOUT, "open\n");

let created: Gid[] = [];
for (let number = Number(firstNumber); ; ) {
  const gids = [number, number + 1, number + 2].map((each) => String(each) as Gid);
  number += gids.length;
  const writes = [
    ...gids.map((gid) => creationOf(aTransaction({ definition: { gid, customData: `data of ${gid}` } }))),
    ...created.map((gid) => updateOf({ gid, expectedVersion: 1 }, { reason: `update of ${gid}` })),
  ];
  try {
    const results = await store.write(writes, TERMS);
    if (results.some((result) => result !== "stored")) throw new Error(`not stored: ${results.join()}`);
  } catch (error) {
    writeSync(STDOUT, `rejected: ${error instanceof Error ? error.message : error}\n`);
    break;
  }
  // Prints with one write, and only now: whatever the parent reads was answered "stored".
  writeSync(STDOUT, [...gids, ...created.map((gid) => `${gid}+`)].map((line) => `${line}\n`).join(""));
  created = gids;
}
await store.close();
