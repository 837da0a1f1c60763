import { expect, test } from "vitest";
import type { Gid } from "../../../server/src/transaction/model.ts";
import { aTransaction, creationOf, updateOf } from "./a-transaction.ts";
import type { Subject } from "./store-under-test.ts";

const LEASE_MS = 10_000;
const ME = { owner: "me", leaseMs: LEASE_MS };
const OTHER = { owner: "other", leaseMs: LEASE_MS };
const CLAIM = { limit: 100, ignoreLeases: false };

/** A lease is kept by renewing it, and what it protects is the version. */
export function testLeases(subject: Subject): void {
  /** Stores one that is due now and held by me, and answers its gid. */
  const held = async (): Promise<Gid> => {
    const { store, now } = subject();
    const transaction = aTransaction({ progress: { nextRunAt: now() } });
    await store.write([creationOf(transaction, { hold: true })], ME);
    return transaction.definition.gid;
  };

  test("a renewed lease lasts from the renewal on, and the version stays", async () => {
    const { store, now, advance } = subject();
    const gid = await held();
    await advance(LEASE_MS - 1);
    expect(await store.renew({ ...ME, gids: [gid] })).toEqual([gid]);
    await advance(LEASE_MS - 1);
    expect(await store.claimDue({ ...OTHER, ...CLAIM })).toEqual({
      claimed: [],
      unreadable: [],
      nextDueAt: now() + 1,
    });
    expect(await store.load(gid)).toMatchObject({ version: 1 });
  });

  test("a lease that has run out and that nobody took is still held", async () => {
    const { store, advance } = subject();
    const gid = await held();
    await advance(3 * LEASE_MS);
    expect(await store.renew({ ...ME, gids: [gid] })).toEqual([gid]);
    expect((await store.claimDue({ ...OTHER, ...CLAIM })).claimed).toEqual([]);
  });

  test("what another took, what was let go and what is not there is lost", async () => {
    const { store, advance } = subject();
    const [taken, letGo] = [await held(), await held()];
    await store.write([updateOf({ gid: letGo, expectedVersion: 1 })], ME);
    await advance(LEASE_MS);
    await store.claimDue({ ...OTHER, ...CLAIM });
    const mine = await held();
    const gids = [taken, mine, letGo, "nobody" as Gid];
    expect(await store.renew({ ...ME, gids })).toEqual([mine]);
    expect(await store.renew({ ...OTHER, gids })).toEqual([taken]);
  });

  test("renewing nothing answers nothing", async () => {
    expect(await subject().store.renew({ ...ME, gids: [] })).toEqual([]);
  });

  test("I6: what the old holder writes after another claimed is refused", async () => {
    const { store, advance } = subject();
    const gid = await held();
    await advance(LEASE_MS);
    const { claimed } = await store.claimDue({ ...OTHER, ...CLAIM });
    expect(claimed).toMatchObject([{ version: 2 }]);
    expect(
      await store.write([updateOf({ gid, expectedVersion: 1 }, { reason: "old", hold: true })], ME),
    ).toEqual(["conflict"]);
    expect(await store.renew({ ...OTHER, gids: [gid] })).toEqual([gid]);
    expect(await store.write([updateOf({ gid, expectedVersion: 2 }, { reason: "new" })], OTHER)).toEqual([
      "stored",
    ]);
    expect(await store.load(gid)).toMatchObject({ version: 3, progress: { reason: "new" } });
  });

  test("a write that is refused leaves the lease where it is", async () => {
    const { store, now } = subject();
    const gid = await held();
    const again = aTransaction({ definition: { gid }, progress: { nextRunAt: now() } });
    await store.write([updateOf({ gid, expectedVersion: 9 }), creationOf(again)], OTHER);
    expect(await store.renew({ ...ME, gids: [gid] })).toEqual([gid]);
  });
}
