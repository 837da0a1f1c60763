// Goal: the barrier compares keys by bytes on every SQLite table that people have, whatever its collation folds.
// Method: one suite over tables with the collations of SQLite, and tables whose columns change what they are given.
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { Barrier } from "./barrier.ts";
import { foldedKeysContract } from "./folded-keys-contract.ts";

const withType = (type: string): DatabaseSync => {
  const db = new DatabaseSync(":memory:");
  const columns = ["gid", "branch_id", "op", "barrier_id"].map((name) => `${name} ${type}`);
  db.exec(`create table barrier (trans_type text, ${columns.join(", ")}, reason text, unique (gid, branch_id, op, barrier_id));
    create table note (text text)`);
  return db;
};

const barrierOf = (gid: string, op: string): Barrier =>
  new Barrier({ gid, transType: "saga", branchId: "01", op });

const callOn = (db: DatabaseSync, gid: string, op: string): Promise<string | undefined> =>
  barrierOf(gid, op).call(db, (tx) => {
    tx.prepare("insert into note values (?)").run(`${gid} ${op}`);
    return "ran";
  });

describe.for(["text", "text collate nocase", "varchar(128) collate rtrim"])(
  "the barrier on SQLite columns of the type %s",
  (type) => {
    const db = withType(type);
    const commit = db.prepare("commit");
    foldedKeysContract({
      call: (gid, op) => callOn(db, gid, op),
      callEnding: (gid) => barrierOf(gid, "action").call(db, () => void commit.run()),
    });
  },
);

test.for([
  ["string", "007"],
  ["string", "1e3"],
  ["integer", "1.0"],
] as const)(
  "a column of the type %s, which would change %j, is told before anything runs",
  async ([type, gid]) => {
    const db = withType(type);
    for (const op of ["action", "compensate", "action"]) {
      await expect(callOn(db, gid, op)).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringMatching(
          /^The barrier's table barrier cannot store the gid .* must be of the type text/,
        ),
      });
    }
    expect(db.prepare("select * from barrier").all()).toEqual([]);
    expect(db.prepare("select * from note").all()).toEqual([]);
  },
);

test("a column whose check refuses the gid is told before anything runs", async () => {
  const db = withType("text check (length(gid) <= 8)");
  const refused = callOn(db, "123456789", "action");
  await expect(refused).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(/cannot store the gid 123456789 as it is/),
    cause: expect.objectContaining({ errcode: 275 }),
  });
  expect(await callOn(db, "12345678", "action")).toBe("ran");
});
