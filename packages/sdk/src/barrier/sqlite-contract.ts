/** The barrier's contract on a file of node:sqlite, for each way in which a database can be given to the barrier. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Barrier, BarrierCallOptions } from "./barrier.ts";
import { barrierContract, type ContractCall, type ContractTraits, type Run } from "./barrier-contract.ts";

/** What runs a statement: the database, or what a business gets. */
interface Executable {
  exec(sql: string): void;
}

/** How a database is given to the barrier. */
export interface SqliteWay extends Pick<ContractTraits, "guardsStatements"> {
  call<T>(
    barrier: Barrier,
    db: DatabaseSync,
    business: (tx: Executable) => Promise<T>,
    options?: BarrierCallOptions,
  ): Promise<T | undefined>;
  callNested(
    barrier: Barrier,
    db: DatabaseSync,
    inner: { readonly within: Barrier; readonly business: (tx: Executable) => Promise<void> },
  ): Promise<string | undefined>;
  callInTransaction<T>(
    barrier: Barrier,
    db: DatabaseSync,
    business: () => Promise<T>,
  ): Promise<T | undefined>;
}

export function sqliteContract(name: string, way: SqliteWay): void {
  barrierContract(name, { endOwnConnection: undefined, guardsStatements: way.guardsStatements }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "lockstep-barrier-"));
    const open = () => new DatabaseSync(join(folder, "shop.db"));
    const runOn =
      (db: Executable): Run =>
      async (sql) =>
        db.exec(sql);
    const callOn =
      (db: DatabaseSync): ContractCall =>
      (barrier, business, options) =>
        way.call(barrier, db, (tx) => business(runOn(tx)), options);
    const db = open();
    return {
      dialect: "sqlite",
      table: "barrier",
      call: callOn(db),
      onOneConnection: async (use) => {
        const one = open();
        const loseRollbacks = () => {
          one.exec = (sql) => {
            if (sql === "rollback") throw new Error("no answer");
            DatabaseSync.prototype.exec.call(one, sql);
          };
        };
        await use(callOn(one), {
          loseRollbacks,
          run: runOn(one),
          callInTransaction: (barrier, business) => way.callInTransaction(barrier, one, business),
        }).finally(() => one.close());
      },
      onPoolOfOne: (use) => use(callOn(db)),
      callInTransaction: async (barrier, business, after) => {
        db.exec("begin");
        try {
          await way.callInTransaction(barrier, db, business);
          await after(runOn(db));
          db.exec("commit");
        } catch (error) {
          db.exec("rollback");
          throw error;
        }
      },
      callNested: (barrier, { within, business }) =>
        way.callNested(barrier, db, { within, business: (tx) => business(runOn(tx)) }),
      query: async (sql) => db.prepare(sql).all(),
      untilBlocked: undefined,
      close: async () => {
        db.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
}
