// Goal: the barrier's contract on node:sqlite, and what is special there: one connection, one transaction at a time.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Failure } from "../branch/failure.ts";
import { Barrier } from "./barrier.ts";
import { barrierTable } from "./barrier-table.ts";
import { createBarrierTable } from "./create-barrier-table.ts";
import { sqliteContract } from "./sqlite-contract.ts";

sqliteContract("node:sqlite", {
  guardsStatements: true,
  call: (barrier, db, business, options) => barrier.call(db, business, options),
  callInTransaction: (barrier, db, business) => barrier.callInTransaction(db, business),
  callNested: (barrier, db, { within, business }) =>
    barrier.call(db, async (tx) => {
      await within.callInTransaction(tx, () => business(tx));
      return "ran";
    }),
});

describe("the barrier on one SQLite connection", () => {
  let db: DatabaseSync;
  let gidCount = 0;
  const barrier = (): Barrier =>
    new Barrier({ gid: `g${++gidCount}`, transType: "saga", branchId: "01", op: "action" });
  const count = (): unknown => db.prepare("select count(*) as n from note").get()?.["n"];

  beforeEach(() => {
    db = new DatabaseSync(":memory:");
    for (const sql of barrierTable("sqlite")) db.exec(sql);
    db.exec("create table note (text text)");
  });
  afterEach(() => db.close());

  test("a callback may be synchronous", async () => {
    expect(await barrier().call(db, (tx) => tx.prepare("insert into note values ('a')").run().changes)).toBe(
      1,
    );
    expect(count()).toBe(1);
  });

  const ENDINGS = (["goes on", "fails"] as const).flatMap((then) =>
    (
      [
        ["commits", ["commit"], 1],
        ["commits, sends more and begins again", ["commit", "more", "begin"], 1],
        ["commits and begins again", ["commit", "begin"], 1],
        ["rolls back", ["rollback"], 0],
        ["rolls back and begins again", ["rollback", "begin"], 0],
      ] as const
    ).map(([name, ends, rows]) => ({ name, ends, rows, then })),
  );
  /** Sends statements that were prepared before the call, of which the barrier has not seen the text. */
  const sendersOf = (ends: (typeof ENDINGS)[number]["ends"]) =>
    ends.map((sql) => {
      if (sql === "more") return () => db.exec("insert into note values ('more')");
      const statement = db.prepare(sql);
      return () => void statement.run();
    });
  const sendAll = (senders: readonly (() => void)[]): void => {
    for (const send of senders) {
      try {
        send();
      } catch {
        // The business goes on.
      }
    }
  };

  test.for(ENDINGS)(
    "a business that $name by statements from before the call, and $then, never ends as success",
    async ({ ends, rows, then }) => {
      const ending = sendersOf(ends);
      const op = (name: string) => new Barrier({ gid: "ended", transType: "saga", branchId: "01", op: name });
      const calling = op("action").call(db, (tx) => {
        tx.exec("insert into note values ('half')");
        sendAll(ending);
        if (then === "fails") throw new Error("the business's own");
      });
      await expect(calling).rejects.toThrow(
        then === "fails" ? /the business's own/ : /ended within its business/,
      );
      expect(db.isTransaction).toBe(false);
      expect(count()).toBe(rows);
      if (rows === 0) return;
      for (const name of ["action", "compensate", "action"]) {
        await expect(op(name).call(db, () => "ran")).rejects.toMatchObject({
          code: "invalid_argument",
          message: expect.stringMatching(
            /^An earlier call of ended 01 .* Set the data right by hand, and then the column/,
          ),
        });
      }
      // A person has seen to it.
      db.exec("update barrier set reason = op where gid = 'ended'");
      expect(await op("action").call(db, () => "ran")).toBeUndefined();
      expect(await op("compensate").call(db, () => "ran")).toBe("ran");
    },
  );

  test.for(ENDINGS)(
    "the same in the caller's transaction, whose business $name and $then",
    async ({ ends, rows, then }) => {
      const senders = sendersOf(ends);
      const call = async () => {
        db.exec("begin");
        try {
          const op = new Barrier({ gid: "ended", transType: "saga", branchId: "01", op: "action" });
          await op.callInTransaction(db, () => {
            db.exec("insert into note values ('half')");
            sendAll(senders);
            if (then === "fails") throw new Error("the business's own");
          });
        } finally {
          if (db.isTransaction) db.exec("rollback");
        }
      };
      const first = then === "fails" ? /the business's own/ : /ended within its business/;
      await expect(call()).rejects.toThrow(first);
      const repeat = rows === 0 ? first : /^An earlier call of ended 01/;
      for (let time = 0; time < 2; time++) await expect(call()).rejects.toThrow(repeat);
      expect(count()).toBe(rows);
    },
  );

  test("a statement that was prepared within the callback is refused after it", async () => {
    const within = await barrier().call(db, (tx) => tx.prepare("insert into note values ('late')"));
    expect(() => within?.run()).toThrow(/after the callback had ended/);
    expect(count()).toBe(0);
  });

  test("the table is created where it is not there, and its old rows are found by the statement of the page", async () => {
    const statement = "delete from barrier where create_time < datetime('now', '-90 days')";
    expect(readFileSync(new URL("../../../../docs/barrier.md", import.meta.url), "utf8")).toContain(
      statement,
    );
    const fresh = new DatabaseSync(":memory:");
    await createBarrierTable(fresh);
    await createBarrierTable(fresh);
    for (const gid of ["old", "young"]) {
      await new Barrier({ gid, transType: "saga", branchId: "01", op: "action" }).call(fresh, () => "ran");
    }
    fresh.exec("update barrier set create_time = datetime('now', '-91 days') where gid = 'old'");
    fresh.exec(statement);
    expect(fresh.prepare("select gid from barrier").all()).toEqual([{ gid: "young" }]);
    fresh.close();
  });

  test("a warning that throws changes nothing: the undo is committed", async () => {
    for (const sql of barrierTable("sqlite", "elsewhere")) db.exec(sql);
    const warn = vi.fn(() => {
      throw new Error("the log is full");
    });
    const undo = () =>
      new Barrier({ gid: "undo", transType: "saga", branchId: "01", op: "compensate" }, { warn });
    expect(await undo().call(db, () => "ran")).toBeUndefined();
    expect(warn).toHaveBeenCalledOnce();
    expect(await undo().call(db, () => "ran")).toBeUndefined();
  });

  test("a database that another connection holds is an error that is not a Failure, and the turn ends", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lockstep-barrier-"));
    const file = join(folder, "shop.db");
    const [mine, other] = [new DatabaseSync(file, { timeout: 0 }), new DatabaseSync(file)];
    try {
      for (const sql of barrierTable("sqlite")) mine.exec(sql);
      other.exec("begin immediate");
      const refused: unknown = await barrier()
        .call(mine, () => "ran")
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({ message: "database is locked" });
      expect(refused).not.toBeInstanceOf(Failure);
      other.exec("commit");
      expect(await barrier().call(mine, () => "ran")).toBe("ran");
    } finally {
      mine.close();
      other.close();
      rmSync(folder, { recursive: true });
    }
  });
});
