import { expect, test } from "vitest";
import type { ListQuery } from "../../../server/src/engine/ports.ts";
import type { EpochMs, Gid, Status } from "../../../server/src/transaction/model.ts";
import { A_TRANS_TYPE, aBranch, aTransaction, aWait, creationOf, gidsOf, updateOf } from "./a-transaction.ts";
import type { Subject } from "./store-under-test.ts";

const ME = { owner: "me", leaseMs: 10_000 };

const at = (instant: number): EpochMs => instant as EpochMs;

/** Name, status and `createdAt` of the transactions in every test, in the order of creation. */
const ROWS: readonly (readonly [name: string, status: Status, createdAt: number])[] = [
  ["a", "succeed", 100],
  ["b", "failed", 200],
  ["c", "submitted", 300],
  ["d", "succeed", 300],
  ["e", "aborting", 250],
  ["f", "succeed", 400],
];

const ALL = { limit: 100, bytesMax: Infinity };

/** A list has the newest first, page by page. */
export function testLists(subject: Subject): void {
  const createAll = async (): Promise<void> => {
    const writes = ROWS.map(([name, status, createdAt]) =>
      creationOf(
        aTransaction({
          definition: { gid: name as Gid, createdAt: at(createdAt) },
          progress: { status, finishedAt: status === "succeed" || status === "failed" ? at(500) : null },
        }),
      ),
    );
    await subject().store.write(writes, ME);
  };

  test.for<[string, Omit<ListQuery, "limit" | "bytesMax">, string]>([
    ["everything, newest first", {}, "fedcba"],
    ["one status", { status: "succeed" }, "fda"],
    ["a status nobody has", { status: "prepared" }, ""],
    ["one type", { transType: A_TRANS_TYPE }, "fedcba"],
    ["a type nobody has", { transType: "nobody's" }, ""],
    ["from an instant on, that one included", { createdFrom: at(300) }, "fdc"],
    ["up to an instant, that one included", { createdTo: at(250) }, "eba"],
    ["between two instants", { createdFrom: at(200), createdTo: at(300) }, "edcb"],
    ["between two instants in the wrong order", { createdFrom: at(300), createdTo: at(200) }, ""],
    [
      "all filters at once",
      { status: "succeed", transType: A_TRANS_TYPE, createdFrom: at(200), createdTo: at(300) },
      "d",
    ],
  ])("%s", async ([, query, expected]) => {
    await createAll();
    const { found, unreadable } = await subject().store.list({ ...query, ...ALL });
    expect([gidsOf(found).join(""), unreadable]).toEqual([expected, []]);
  });

  /** Four transactions; the first three wait, the second and the third are parked. */
  const createWaiting = async (): Promise<void> => {
    const { store } = subject();
    const waits = [
      ["pay-1", "http://pay", null],
      ["pay-2", "http://pay", at(7)],
      ["ship-1", "stock:80", at(8)],
      ["PAY-3", undefined, null],
    ] as const;
    for (const [name, destination, parkedAt] of waits) {
      const gid = name as Gid;
      await store.write([creationOf(aTransaction({ definition: { gid } }))], ME);
      const waitsFor =
        destination === undefined ? {} : { waitsFor: aWait({ destination, nextAt: parkedAt }) };
      await store.write([updateOf({ gid, expectedVersion: 1 }, { parkedAt, ...waitsFor })], ME);
    }
  };

  test.for<[string, Omit<ListQuery, "limit" | "bytesMax">, string]>([
    ["the parked", { parked: true }, "ship-1 pay-2"],
    ["the others", { parked: false }, "PAY-3 pay-1"],
    ["what waits for one destination", { destination: "http://pay" }, "pay-2 pay-1"],
    ["what is parked for one destination", { destination: "http://pay", parked: true }, "pay-2"],
    ["a destination nobody waits for", { destination: "http://pa" }, ""],
    ["gids with one beginning, in its case", { gidPrefix: "pay-" }, "pay-2 pay-1"],
    ["gids with one beginning, created in time", { gidPrefix: "pay-", createdTo: at(1) }, ""],
    ["a beginning that no gid has", { gidPrefix: "pay-%" }, ""],
  ])("finds %s", async ([, query, expected]) => {
    await createWaiting();
    const { found } = await subject().store.list({ ...query, ...ALL });
    expect(gidsOf(found).join(" ")).toBe(expected);
  });

  test("shows what a transaction waits for, until a write says that it does not any more", async () => {
    const { store } = subject();
    await createWaiting();
    const gid = "ship-1" as Gid;
    const waitsFor = aWait({ destination: "stock:80", nextAt: at(8) });
    expect(await store.load(gid)).toMatchObject({ waitsFor });
    expect((await store.list({ ...ALL, gidPrefix: gid })).found).toMatchObject([{ waitsFor }]);
    await store.write([updateOf({ gid, expectedVersion: 2 })], ME);
    expect(await store.load(gid)).not.toHaveProperty("waitsFor");
    expect((await store.list({ ...ALL, destination: "stock:80" })).found).toEqual([]);
  });

  test.for([
    [{}, ["fe", "dc", "ba"]],
    [{ status: "succeed" }, ["fd", "a"]],
    [{ createdFrom: at(200), createdTo: at(300) }, ["ed", "cb"]],
  ] as const)("pages of %j follow each other, and the last one says so", async ([query, expected]) => {
    const { store } = subject();
    await createAll();
    const pages: string[] = [];
    for (let beforeId: number | undefined; ; ) {
      const before = beforeId === undefined ? {} : { beforeId };
      const { found, nextBeforeId } = await store.list({ ...query, ...ALL, limit: 2, ...before });
      pages.push(gidsOf(found).join(""));
      if (nextBeforeId === null) break;
      beforeId = nextBeforeId;
    }
    expect(pages).toEqual(expected);
  });

  test("a listed transaction is what is loaded, without branches and ops", async () => {
    const { store } = subject();
    await createAll();
    const { found } = await store.list({ ...ALL, limit: 1 });
    const { branches: _, progress, ...rest } = (await store.load("f" as Gid)) ?? aTransaction();
    const { branches: __, ...shown } = progress;
    expect(found).toEqual([{ ...rest, progress: shown }]);
  });

  test("a page ends where it has enough bytes, with one row in any case, and the next goes on", async () => {
    const { store } = subject();
    const rows = ["a", "b", "c"].map((name) =>
      creationOf(aTransaction({ definition: { gid: name as Gid, customData: "x".repeat(4_000) } })),
    );
    await store.write(rows, ME);
    const first = await store.list({ limit: 100, bytesMax: 10_000 });
    expect(gidsOf(first.found).join("")).toBe("cb");
    const beforeId = first.nextBeforeId ?? 0;
    const second = await store.list({ limit: 100, bytesMax: 10_000, beforeId });
    expect([gidsOf(second.found).join(""), second.nextBeforeId]).toEqual(["a", null]);
    const tight = await store.list({ limit: 100, bytesMax: 1 });
    expect([gidsOf(tight.found).join(""), tight.nextBeforeId === null]).toEqual(["c", false]);
  });

  test("payloads do not count in a page: nobody reads them", async () => {
    const { store } = subject();
    const large = aBranch({ payload: new Uint8Array(1_000_000) });
    await store.write(
      ["a", "b", "c"].map((name) =>
        creationOf(aTransaction({ definition: { gid: name as Gid }, branches: [large] })),
      ),
      ME,
    );
    const { found, nextBeforeId } = await store.list({ limit: 100, bytesMax: 20_000 });
    expect([gidsOf(found).join(""), nextBeforeId]).toEqual(["cba", null]);
  });
}
