import { expect, test } from "vitest";
import type { ListQuery } from "../../../server/src/engine/ports.ts";
import type { EpochMs, Gid, Status } from "../../../server/src/transaction/model.ts";
import { aTransaction, creationOf, gidsOf } from "./a-transaction.ts";
import type { Subject } from "./store-under-test.ts";

const ME = { owner: "me", leaseMs: 10_000 };

const at = (instant: number): EpochMs => instant as EpochMs;

/** Name, status and `createdAt` of what every test lists, in the order of creation. */
const ROWS: readonly (readonly [name: string, status: Status, createdAt: number])[] = [
  ["a", "succeed", 100],
  ["b", "failed", 200],
  ["c", "submitted", 300],
  ["d", "succeed", 300],
  ["e", "aborting", 250],
  ["f", "succeed", 400],
];

/** People look at the newest first, page by page. */
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

  test.for<[string, Omit<ListQuery, "limit">, string]>([
    ["everything, newest first", {}, "fedcba"],
    ["one status", { status: "succeed" }, "fda"],
    ["a status nobody has", { status: "prepared" }, ""],
    ["one type", { transType: "saga" }, "fedcba"],
    ["a type nobody has", { transType: "tcc" }, ""],
    ["from an instant on, that one included", { createdFrom: at(300) }, "fdc"],
    ["up to an instant, that one included", { createdTo: at(250) }, "eba"],
    ["between two instants", { createdFrom: at(200), createdTo: at(300) }, "edcb"],
    ["between two instants in the wrong order", { createdFrom: at(300), createdTo: at(200) }, ""],
    [
      "all filters at once",
      { status: "succeed", transType: "saga", createdFrom: at(200), createdTo: at(300) },
      "d",
    ],
  ])("%s", async ([, query, expected]) => {
    await createAll();
    const { found, unreadable } = await subject().store.list({ ...query, limit: 100 });
    expect([gidsOf(found).join(""), unreadable]).toEqual([expected, []]);
  });

  test.for([
    [{}, ["fe", "dc", "ba"]],
    [{ status: "succeed" }, ["fd", "a"]],
    [{ createdFrom: at(200), createdTo: at(300) }, ["ed", "cb"]],
  ] as const)("pages of %j follow each other by the last id", async ([query, expected]) => {
    const { store } = subject();
    await createAll();
    const pages: string[] = [];
    for (let beforeId: number | undefined; ; ) {
      const before = beforeId === undefined ? {} : { beforeId };
      const { found } = await store.list({ ...query, limit: 2, ...before });
      if (found.length === 0) break;
      pages.push(gidsOf(found).join(""));
      beforeId = found.at(-1)?.id;
    }
    expect(pages).toEqual(expected);
  });

  test("a listed transaction is what is loaded", async () => {
    const { store } = subject();
    await createAll();
    const { found } = await store.list({ limit: 1 });
    expect(found).toEqual([await store.load("f" as Gid)]);
  });
}
