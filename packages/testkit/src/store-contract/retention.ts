import { expect, test } from "vitest";
import type { EpochMs, Gid, Progress } from "../../../server/src/transaction/model.ts";
import { aTransaction, creationOf, gidsOf } from "./a-transaction.ts";
import type { Subject } from "./store-under-test.ts";

const ME = { owner: "me", leaseMs: 10_000 };

const at = (instant: number): EpochMs => instant as EpochMs;

/** Final transactions are deleted after a while; all others stay. */
export function testRetention(subject: Subject): void {
  const create = async (name: string, progress: Partial<Progress>): Promise<void> => {
    await subject().store.write(
      [creationOf(aTransaction({ definition: { gid: name as Gid }, progress }))],
      ME,
    );
  };
  const left = async (): Promise<string> =>
    gidsOf((await subject().store.list({ limit: 100, bytesMax: Infinity })).found).join("");

  test("what finished before the bound goes, what finished at it stays", async () => {
    await create("a", { status: "succeed", finishedAt: at(99) });
    await create("b", { status: "failed", finishedAt: at(50) });
    await create("c", { status: "succeed", finishedAt: at(100) });
    await create("d", { status: "failed", finishedAt: at(101) });
    expect(await subject().store.deleteFinished({ finishedBefore: at(100), limit: 100 })).toBe(2);
    expect(await left()).toBe("dc");
    expect(await subject().store.load("a" as Gid)).toBeUndefined();
  });

  test("what has not finished stays, however old", async () => {
    await create("a", { status: "submitted", nextRunAt: at(1) });
    await create("b", { status: "aborting", nextRunAt: at(1) });
    await create("c", { status: "prepared", submittedAt: null });
    await create("d", { parkedAt: at(1) });
    expect(await subject().store.deleteFinished({ finishedBefore: at(1e15), limit: 100 })).toBe(0);
    expect(await left()).toBe("dcba");
  });

  test("no more than the limit, what finished first going first", async () => {
    const { store } = subject();
    await create("a", { status: "succeed", finishedAt: at(30) });
    await create("b", { status: "succeed", finishedAt: at(10) });
    await create("c", { status: "failed", finishedAt: at(20) });
    expect(await store.deleteFinished({ finishedBefore: at(100), limit: 2 })).toBe(2);
    expect(await left()).toBe("a");
    expect(await store.deleteFinished({ finishedBefore: at(100), limit: 2 })).toBe(1);
    expect(await store.deleteFinished({ finishedBefore: at(100), limit: 2 })).toBe(0);
  });

  test("the gid of what went can be created again, under a later id", async () => {
    const { store } = subject();
    await create("a", { status: "succeed", finishedAt: at(10) });
    const before = await store.load("a" as Gid);
    await store.deleteFinished({ finishedBefore: at(100), limit: 100 });
    await create("a", {});
    const after = await store.load("a" as Gid);
    expect(after?.version).toBe(1);
    expect(after?.id).toBeGreaterThan(before?.id ?? Infinity);
  });
}
