// Goal: a database library that the SDK does not know can be used today, by public names alone.
// Method: a driver over node:sqlite, as its user would write it, passes the barrier's contract.
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import {
  BARRIER_COLUMNS,
  Barrier,
  type BarrierDatabase,
  type BarrierEntry,
  barrierRowsOf,
  barrierTable,
  barrierValuesOf,
  type InsertedRows,
  insertedOfCount,
  LockstepError,
  type OpenTransaction,
} from "../index.ts";
import { sqliteContract } from "./sqlite-contract.ts";

/** The driver's own kind of connection, which no built-in adapter knows by its shape. */
class Shop {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }
  get isOpen(): boolean {
    return this.#db.isTransaction;
  }
  run(sql: string, values: readonly string[] = []): number {
    if (values.length > 0) return Number(this.#db.prepare(sql).run(...values).changes);
    this.#db.exec(sql);
    return 0;
  }
}

const shops = new WeakMap<DatabaseSync, Shop>();

function shopOf(db: DatabaseSync): Shop {
  const shop = shops.get(db) ?? new Shop(db);
  shops.set(db, shop);
  return shop;
}

function insertRows(shop: Shop, { table, entry }: { table: string; entry: BarrierEntry }): InsertedRows {
  const counts = barrierRowsOf(entry).map((row) =>
    shop.run(
      `insert or ignore into ${table} (${BARRIER_COLUMNS}) values (?, ?, ?, ?, ?, ?)`,
      barrierValuesOf(row),
    ),
  );
  return insertedOfCount(
    entry,
    counts.reduce((sum, count) => sum + count, 0),
  );
}

async function checkOpen(shop: Shop): Promise<void> {
  if (!shop.isOpen) throw new Error("The transaction was ended within its business.");
}

function shopDatabase(shop: Shop): BarrierDatabase<Shop> {
  return {
    tableDefault: "barrier",
    onlyConnection: shop,
    async connect() {
      const text =
        "A transaction is open on this connection already; use barrier.callInTransaction() within it.";
      if (shop.isOpen) throw new LockstepError("invalid_argument", text);
      return {
        tx: shop,
        async begin(table, entry) {
          shop.run("begin immediate");
          return insertRows(shop, { table, entry });
        },
        checkOpen: () => checkOpen(shop),
        async commit() {
          shop.run("commit");
        },
        async rollback() {
          if (shop.isOpen) shop.run("rollback");
        },
        release: () => undefined,
      };
    },
  };
}

function shopTransaction(shop: Shop): OpenTransaction {
  return {
    tableDefault: "barrier",
    connection: shop,
    async enter(table, entry) {
      if (!shop.isOpen) throw new LockstepError("invalid_argument", "There is no open transaction.");
      return insertRows(shop, { table, entry });
    },
    checkOpen: () => checkOpen(shop),
    release: () => undefined,
  };
}

sqliteContract("a library that the SDK does not know", {
  guardsStatements: false,
  call: (barrier, db, business, options) =>
    barrier.call(shopDatabase(shopOf(db)), (tx) => business({ exec: (sql) => void tx.run(sql) }), options),
  callInTransaction: (barrier, db, business) =>
    barrier.callInTransaction(shopTransaction(shopOf(db)), business),
  callNested: (barrier, db, { within, business }) =>
    barrier.call(shopDatabase(shopOf(db)), async (tx) => {
      await within.callInTransaction(shopTransaction(shopOf(db)), () =>
        business({ exec: (sql) => void tx.run(sql) }),
      );
      return "ran";
    }),
});

describe("the barrier on a library that it does not know", () => {
  const barrier = (): Barrier => new Barrier({ gid: "g1", transType: "saga", branchId: "01", op: "action" });

  test("gives the business what the driver calls a connection, with its type", async () => {
    const shop = shopOf(new DatabaseSync(":memory:"));
    for (const sql of barrierTable("sqlite")) shop.run(sql);
    expect(await barrier().call(shopDatabase(shop), (tx) => tx.isOpen)).toBe(true);
  });

  test("refuses the connection itself, and says what it needs", async () => {
    const shop = shopOf(new DatabaseSync(":memory:"));
    await expect(barrier().call(shop as never, () => undefined)).rejects.toThrow(
      /a BarrierDatabase of your own/,
    );
  });

  test("tells a database from an open transaction", async () => {
    const shop = shopOf(new DatabaseSync(":memory:"));
    await expect(barrier().call(shopTransaction(shop) as never, () => undefined)).rejects.toThrow(
      /use callInTransaction\(\) with it/,
    );
    await expect(barrier().callInTransaction(shopDatabase(shop) as never, () => undefined)).rejects.toThrow(
      /needs the connection that the transaction is open on/,
    );
  });
});
