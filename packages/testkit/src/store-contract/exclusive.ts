import { expect, test } from "vitest";
import type { Gid } from "../../../server/src/transaction/model.ts";
import { gidsOf } from "./a-transaction.ts";
import { claim, createDue, type DueChanges, LEASE_MS, OTHER } from "./claim-fixture.ts";
import type { Subject } from "./store-under-test.ts";

/** Only one coordinator can have the store open, so any other holder of a lease is dead. */
export function testExclusive(subject: Subject): void {
  const dueIn = (inMs: number, changes: DueChanges = {}): Promise<Gid> => createDue(subject, inMs, changes);
  const claimOne = (gid: Gid, { owner = "me" } = {}) =>
    subject().store.claim({ gid, owner, leaseMs: LEASE_MS });

  test("the store says that it is exclusive", () => {
    expect(subject().store.traits.exclusive).toBe(true);
  });

  test("what others hold is taken at once, as abandoned", async () => {
    const { store } = subject();
    const [held, free] = [await dueIn(-20, { hold: true, terms: OTHER }), await dueIn(-10)];
    const { claimed } = await claim(store);
    expect(claimed).toMatchObject([
      { abandoned: true, definition: { gid: held } },
      { abandoned: false, definition: { gid: free } },
    ]);
  });

  test("one's own leases count, so that claims by limit come to an end", async () => {
    const { store, now } = subject();
    const gids: Gid[] = [];
    for (let inMs = -5; inMs < 0; inMs += 1) gids.push(await dueIn(inMs, { hold: true, terms: OTHER }));
    const first = await claim(store, { limit: 3 });
    expect([gidsOf(first.claimed), first.nextDueAt]).toEqual([gids.slice(0, 3), now() - 2]);
    const second = await claim(store, { limit: 3 });
    expect([gidsOf(second.claimed), second.nextDueAt]).toEqual([gids.slice(3), now() + LEASE_MS]);
  });

  test("what others hold and is not due yet is claimed as soon as it is", async () => {
    const { store, now, advance } = subject();
    const gid = await dueIn(50, { hold: true, terms: OTHER });
    expect(await claim(store)).toEqual({
      claimed: [],
      unreadable: [],
      nextDueAt: now() + 50,
    });
    await advance(50);
    expect((await claim(store)).claimed).toMatchObject([{ abandoned: true, definition: { gid } }]);
  });

  test("one that another holds is taken when it is asked for, as abandoned", async () => {
    const gid = await dueIn(0, { hold: true, terms: OTHER });
    expect(await claimOne(gid)).toMatchObject({ version: 2, abandoned: true });
    expect(await claimOne(gid, { owner: "other" })).toMatchObject({ abandoned: true });
  });
}
