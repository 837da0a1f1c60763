import { describe, expect, test } from "vitest";
import type { EpochMs, Gid, Progress } from "../../../server/src/transaction/model.ts";
import { aTransaction, creationOf, gidsOf, updateOf } from "./a-transaction.ts";
import { claim, createDue, type DueChanges, LEASE_MS, ME, OTHER } from "./claim-fixture.ts";
import type { Subject } from "./store-under-test.ts";

/** Which transactions a claim takes, and when. A claim is also a write, which changes the version. */
export function testClaims(subject: Subject): void {
  const dueIn = (inMs: number, changes: DueChanges = {}): Promise<Gid> => createDue(subject, inMs, changes);

  test("an empty store has nothing, and nothing to come", async () => {
    expect(await claim(subject().store)).toEqual({ claimed: [], unreadable: [], nextDueAt: null });
  });

  test("what is due is claimed, with the version after the claim, and stored so", async () => {
    const { store } = subject();
    const gid = await dueIn(0);
    const { claimed, nextDueAt } = await claim(store);
    expect(claimed).toMatchObject([{ version: 2, abandoned: false, definition: { gid } }]);
    expect(nextDueAt).toBeNull();
    const loaded = await store.load(gid);
    expect(claimed).toEqual([{ ...loaded, abandoned: false }]);
  });

  test("what is due later is not claimed, and says when", async () => {
    const { store, now, advance } = subject();
    const gid = await dueIn(50);
    expect(await claim(store)).toEqual({ claimed: [], unreadable: [], nextDueAt: now() + 50 });
    await advance(49);
    expect((await claim(store)).claimed).toEqual([]);
    await advance(1);
    expect(gidsOf((await claim(store)).claimed)).toEqual([gid]);
  });

  test("the oldest nextRunAt comes first, then the older id", async () => {
    const { store } = subject();
    const [third, first, fourth, second] = [
      await dueIn(-10),
      await dueIn(-30),
      await dueIn(-10),
      await dueIn(-20),
    ];
    expect(gidsOf((await claim(store)).claimed)).toEqual([first, second, third, fourth]);
  });

  test("no more than the limit, and the rest is due at once", async () => {
    const { store, now } = subject();
    const gids = [await dueIn(-30), await dueIn(-20), await dueIn(-10)];
    const first = await claim(store, { limit: 2 });
    expect(gidsOf(first.claimed)).toEqual(gids.slice(0, 2));
    expect(first.nextDueAt).toBe(now() - 10);
    const second = await claim(store, { limit: 2 });
    expect(gidsOf(second.claimed)).toEqual(gids.slice(2));
    expect(second.nextDueAt).toBe(now() + LEASE_MS);
  });

  test("a lease of one's own that has run out was abandoned too", async () => {
    const { store, advance } = subject();
    await dueIn(0, { hold: true });
    await advance(LEASE_MS);
    expect((await claim(store)).claimed).toMatchObject([{ abandoned: true }]);
  });

  test("an update with another nextRunAt moves it", async () => {
    const { store, now } = subject();
    const gid = await dueIn(0);
    const later = (now() + 70) as EpochMs;
    await store.write([updateOf({ gid, expectedVersion: 1 }, { nextRunAt: later })], ME);
    expect(await claim(store)).toEqual({ claimed: [], unreadable: [], nextDueAt: later });
  });

  test("what is held and due only after its lease says when it is due", async () => {
    const { store, now } = subject();
    await dueIn(LEASE_MS + 500, { hold: true });
    expect((await claim(store)).nextDueAt).toBe(now() + LEASE_MS + 500);
  });

  test.for<[string, Partial<Progress>]>([
    ["prepared", { status: "prepared", submittedAt: null }],
    ["parked", { parkedAt: 1 as EpochMs, parkedReason: "retries used up" }],
    ["succeed", { status: "succeed", finishedAt: 1 as EpochMs }],
    ["failed", { status: "failed", finishedAt: 1 as EpochMs }],
  ])("one that is %s is never claimed", async ([, progress]) => {
    const { store, advance } = subject();
    const transaction = aTransaction({ progress: { ...progress, nextRunAt: null } });
    await store.write([creationOf(transaction, { hold: true })], OTHER);
    const gid = await dueIn(0);
    await claim(store);
    await store.write([updateOf({ gid, expectedVersion: 2 }, { ...progress, nextRunAt: null })], ME);
    await advance(10 * LEASE_MS);
    expect(await claim(store)).toEqual({
      claimed: [],
      unreadable: [],
      nextDueAt: null,
    });
  });

  test("no more than the bytes, but one in any case, and the rest is due at once", async () => {
    const { store, now } = subject();
    const payload = new Uint8Array(10_000);
    const gids = [
      await dueIn(-30, { payload }),
      await dueIn(-20, { payload }),
      await dueIn(-10, { payload }),
      await dueIn(-5),
    ];
    const first = await claim(store, { bytesMax: 25_000 });
    expect([gidsOf(first.claimed), first.nextDueAt]).toEqual([gids.slice(0, 2), now() - 10]);
    const second = await claim(store, { bytesMax: 1 });
    expect([gidsOf(second.claimed), second.nextDueAt]).toEqual([[gids[2]], now() - 5]);
  });

  test("branches that were registered count among the bytes", async () => {
    const { store, now } = subject();
    const [first, second] = [await dueIn(-20), await dueIn(-10)];
    const branch = { id: "02", urls: { do: "" }, payload: new Uint8Array(10_000) };
    const update = { branches: [{}, {}], nextRunAt: (now() - 20) as EpochMs, registered: [branch] };
    await store.write([updateOf({ gid: first, expectedVersion: 1 }, update)], ME);
    expect(gidsOf((await claim(store, { bytesMax: 5_000 })).claimed)).toEqual([first]);
    expect(gidsOf((await claim(store, { bytesMax: 5_000 })).claimed)).toEqual([second]);
  });

  test("what the claimant drives it does not claim, however old its lease", async () => {
    const { store, now, advance } = subject();
    const [driven, left] = [await dueIn(-20, { hold: true }), await dueIn(-10, { hold: true })];
    await advance(10 * LEASE_MS);
    const isDrivenHere = (gid: Gid): boolean => gid === driven;
    const { claimed, nextDueAt } = await claim(store, { isDrivenHere });
    expect(gidsOf(claimed)).toEqual([left]);
    // A transaction that the claimant drives is no reason to claim again at once.
    expect(nextDueAt === null || nextDueAt > now()).toBe(true);
    expect(gidsOf((await claim(store)).claimed)).toEqual([driven]);
  });

  describe("of one transaction", () => {
    const claimOne = (gid: Gid, { owner = "me" } = {}) =>
      subject().store.claim({ gid, owner, leaseMs: LEASE_MS });
    test.for<[string, Partial<Progress>]>([
      ["due now", { nextRunAt: 1 as EpochMs }],
      ["due in the far future", { nextRunAt: 1e15 as EpochMs }],
      ["prepared", { status: "prepared", submittedAt: null }],
      ["parked", { parkedAt: 1 as EpochMs, parkedReason: "retries used up" }],
    ])("one that is %s is leased", async ([, progress]) => {
      const { store } = subject();
      const transaction = aTransaction({ progress });
      const { gid } = transaction.definition;
      await store.write([creationOf(transaction)], OTHER);
      const claimed = await claimOne(gid);
      expect(claimed).toMatchObject({ version: 2, abandoned: false, definition: { gid } });
      expect(claimed).toEqual({ ...(await store.load(gid)), abandoned: false });
      expect(await store.renew({ ...ME, gids: [gid] })).toEqual([gid]);
    });

    test.for(["succeed", "failed"] as const)("one that is %s is not", async (status) => {
      const { store } = subject();
      const transaction = aTransaction({ progress: { status, finishedAt: 1 as EpochMs } });
      const { gid } = transaction.definition;
      await store.write([creationOf(transaction)], ME);
      expect(await claimOne(gid)).toBeUndefined();
      expect(await store.load(gid)).toMatchObject({ version: 1 });
    });

    test("one that is not there is not", async () => {
      expect(await claimOne("nobody" as Gid)).toBeUndefined();
    });

    test("one's own is leased anew, as abandoned", async () => {
      const { store, now, advance } = subject();
      const gid = await dueIn(0, { hold: true });
      await advance(LEASE_MS - 1);
      expect(await claimOne(gid)).toMatchObject({ version: 2, abandoned: true });
      expect((await claim(store)).nextDueAt).toBe(now() + LEASE_MS);
    });
  });
}
