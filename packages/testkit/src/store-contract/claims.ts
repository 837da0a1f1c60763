import { describe, expect, test } from "vitest";
import type { Claims, Store } from "../../../server/src/engine/ports.ts";
import type { EpochMs, Gid, Progress } from "../../../server/src/transaction/model.ts";
import { aTransaction, creationOf, gidsOf, updateOf } from "./a-transaction.ts";
import type { Subject } from "./store-under-test.ts";

const LEASE_MS = 10_000;
const ME = { owner: "me", leaseMs: LEASE_MS };
const OTHER = { owner: "other", leaseMs: LEASE_MS };

const claim = (store: Store, { owner = "me", limit = 100, ignoreLeases = false } = {}): Promise<Claims> =>
  store.claimDue({ owner, leaseMs: LEASE_MS, limit, ignoreLeases });

/** Who gets what when; a claim is a write of its own. */
export function testClaims(subject: Subject): void {
  /** Stores one that is due `inMs` from now, and answers its gid. */
  const dueIn = async (inMs: number, { hold = false, terms = ME } = {}): Promise<Gid> => {
    const { store, now } = subject();
    const transaction = aTransaction({ progress: { nextRunAt: (now() + inMs) as EpochMs } });
    await store.write([creationOf(transaction, { hold })], terms);
    return transaction.definition.gid;
  };

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

  test("a lease of one's own that has run out was abandoned too", async () => {
    const { store, advance } = subject();
    await dueIn(0, { hold: true });
    await advance(LEASE_MS);
    expect((await claim(store)).claimed).toMatchObject([{ abandoned: true }]);
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
    expect(await claim(store, { ignoreLeases: true })).toEqual({
      claimed: [],
      unreadable: [],
      nextDueAt: null,
    });
  });

  test("with ignoreLeases what others hold is taken at once, as abandoned", async () => {
    const { store } = subject();
    const [held, free] = [await dueIn(-20, { hold: true, terms: OTHER }), await dueIn(-10)];
    const { claimed } = await claim(store, { ignoreLeases: true });
    expect(claimed).toMatchObject([
      { abandoned: true, definition: { gid: held } },
      { abandoned: false, definition: { gid: free } },
    ]);
  });

  test("with ignoreLeases one's own leases count, so that claims by limit come to an end", async () => {
    const { store, now } = subject();
    const gids: Gid[] = [];
    for (let inMs = -5; inMs < 0; inMs += 1) gids.push(await dueIn(inMs, { hold: true, terms: OTHER }));
    const first = await claim(store, { limit: 3, ignoreLeases: true });
    expect([gidsOf(first.claimed), first.nextDueAt]).toEqual([gids.slice(0, 3), now() - 2]);
    const second = await claim(store, { limit: 3, ignoreLeases: true });
    expect([gidsOf(second.claimed), second.nextDueAt]).toEqual([gids.slice(3), now() + LEASE_MS]);
  });

  test("with ignoreLeases what others hold and is not due yet is claimed as soon as it is", async () => {
    const { store, now, advance } = subject();
    const gid = await dueIn(50, { hold: true, terms: OTHER });
    expect(await claim(store, { ignoreLeases: true })).toEqual({
      claimed: [],
      unreadable: [],
      nextDueAt: now() + 50,
    });
    await advance(50);
    expect((await claim(store)).claimed).toMatchObject([{ abandoned: true, definition: { gid } }]);
  });

  describe("of one transaction", () => {
    const claimOne = (gid: Gid, { owner = "me", ignoreLeases = false } = {}) =>
      subject().store.claim({ gid, owner, leaseMs: LEASE_MS, ignoreLeases });

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
      expect(await claimOne(gid, { owner: "other" })).toBe("held");
    });

    test.for(["succeed", "failed"] as const)("one that is %s is not", async (status) => {
      const { store } = subject();
      const transaction = aTransaction({ progress: { status, finishedAt: 1 as EpochMs } });
      const { gid } = transaction.definition;
      await store.write([creationOf(transaction)], ME);
      expect(await claimOne(gid, { ignoreLeases: true })).toBeUndefined();
      expect(await store.load(gid)).toMatchObject({ version: 1 });
    });

    test("one that is not there is not", async () => {
      expect(await claimOne("nobody" as Gid)).toBeUndefined();
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

    test("with ignoreLeases one that another holds is taken, as abandoned", async () => {
      const gid = await dueIn(0, { hold: true, terms: OTHER });
      expect(await claimOne(gid, { ignoreLeases: true })).toMatchObject({ version: 2, abandoned: true });
      expect(await claimOne(gid, { owner: "other" })).toBe("held");
    });

    test("one's own is leased anew, as abandoned", async () => {
      const { store, now, advance } = subject();
      const gid = await dueIn(0, { hold: true });
      await advance(LEASE_MS - 1);
      expect(await claimOne(gid)).toMatchObject({ version: 2, abandoned: true });
      expect((await claim(store, { owner: "other" })).nextDueAt).toBe(now() + LEASE_MS);
    });
  });
}
