import { expect, test } from "vitest";
import type { Gid } from "../../../server/src/transaction/model.ts";
import { aTransaction, creationOf, gidsOf, updateOf } from "./a-transaction.ts";
import { claim, createDue, type DueChanges, LEASE_MS, ME, OTHER } from "./claim-fixture.ts";
import type { Subject } from "./store-under-test.ts";

/** Several coordinators share the store: a holder keeps a lease by renewing it, and the version protects its writes. */
export function testLeases(subject: Subject): void {
  const dueIn = (inMs: number, changes: DueChanges = {}): Promise<Gid> => createDue(subject, inMs, changes);
  const claimOne = (gid: Gid) => subject().store.claim({ gid, owner: "me", leaseMs: LEASE_MS });

  test("the store says that it can be shared", () => {
    expect(subject().store.traits.exclusive).toBe(false);
  });

  /** Stores a transaction that is due now and held by `me`, and answers its gid. */
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
    expect(await claim(store, { owner: "other" })).toEqual({
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
    expect((await claim(store, { owner: "other" })).claimed).toEqual([]);
  });

  test("what another took, what was let go and what is not there is lost", async () => {
    const { store, advance } = subject();
    const [taken, letGo] = [await held(), await held()];
    await store.write([updateOf({ gid: letGo, expectedVersion: 1 })], ME);
    await advance(LEASE_MS);
    await claim(store, { owner: "other" });
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
    const { claimed } = await claim(store, { owner: "other" });
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

  test("the free and the run-out take their turns by nextRunAt", async () => {
    const { store, advance } = subject();
    const held = await dueIn(-20, { hold: true, terms: OTHER });
    await advance(LEASE_MS);
    const [older, newer] = [await dueIn(-LEASE_MS - 30), await dueIn(-5)];
    expect(gidsOf((await claim(store, { limit: 2 })).claimed)).toEqual([older, held]);
    expect(gidsOf((await claim(store)).claimed)).toEqual([newer]);
  });

  test("nothing is claimed twice, not by the same owner either", async () => {
    const { store } = subject();
    await dueIn(0);
    expect((await claim(store)).claimed).toHaveLength(1);
    expect((await claim(store)).claimed).toEqual([]);
    expect((await claim(store, { owner: "other" })).claimed).toEqual([]);
  });

  test("claims at the same time never share a transaction, and leave none behind", async () => {
    const { store } = subject();
    const gids: Gid[] = [];
    for (let index = 0; index < 20; index += 1) gids.push(await dueIn(-index));
    const claims = await Promise.all(["a", "b", "c", "d"].map((owner) => claim(store, { owner, limit: 7 })));
    claims.push(await claim(store, { owner: "e" }));
    expect(claims.flatMap(({ claimed }) => gidsOf(claimed)).sort()).toEqual(gids.sort());
  });

  test("what is held is claimed when the lease has run out, as abandoned", async () => {
    const { store, now, advance } = subject();
    const gid = await dueIn(0, { hold: true, terms: OTHER });
    expect(await claim(store)).toEqual({ claimed: [], unreadable: [], nextDueAt: now() + LEASE_MS });
    await advance(LEASE_MS - 1);
    expect((await claim(store)).claimed).toEqual([]);
    await advance(1);
    expect((await claim(store)).claimed).toMatchObject([
      { version: 2, abandoned: true, definition: { gid } },
    ]);
  });

  test("what was claimed and not written is claimed again when the lease has run out", async () => {
    const { store, advance } = subject();
    await dueIn(0);
    await claim(store, { owner: "other" });
    await advance(LEASE_MS);
    expect((await claim(store)).claimed).toMatchObject([{ version: 3, abandoned: true }]);
  });

  test("what was let go is claimed at once, not as abandoned", async () => {
    const { store, now } = subject();
    const gid = await dueIn(0, { hold: true, terms: OTHER });
    await store.write([updateOf({ gid, expectedVersion: 1 }, { nextRunAt: now() })], OTHER);
    expect((await claim(store)).claimed).toMatchObject([
      { version: 3, abandoned: false, definition: { gid } },
    ]);
  });

  test("an update that holds takes the lease", async () => {
    const { store, now } = subject();
    const gid = await dueIn(0);
    await store.write([updateOf({ gid, expectedVersion: 1 }, { nextRunAt: now(), hold: true })], OTHER);
    expect(await claim(store)).toEqual({ claimed: [], unreadable: [], nextDueAt: now() + LEASE_MS });
  });

  test("of all the rest the earliest says when", async () => {
    const { store, now } = subject();
    await dueIn(0);
    await dueIn(LEASE_MS + 500);
    await dueIn(LEASE_MS + 400, { hold: true });
    await dueIn(-5, { hold: true, terms: { owner: "other", leaseMs: LEASE_MS + 300 } });
    const { claimed, nextDueAt } = await claim(store);
    expect(claimed).toHaveLength(1);
    expect(nextDueAt).toBe(now() + LEASE_MS + 300);
  });

  test("one that another holds is held until the lease has run out, then abandoned", async () => {
    const { store, advance } = subject();
    const gid = await dueIn(0, { hold: true, terms: OTHER });
    await advance(LEASE_MS - 1);
    expect(await claimOne(gid)).toBe("held");
    expect(await store.load(gid)).toMatchObject({ version: 1 });
    await advance(1);
    expect(await claimOne(gid)).toMatchObject({ version: 2, abandoned: true });
  });
}
