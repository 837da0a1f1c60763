import { expect, test } from "vitest";
import type { EpochMs, Gid } from "../../../server/src/transaction/model.ts";
import { aTransaction, creationOf, gidsOf } from "./a-transaction.ts";
import { claim, ME } from "./claim-fixture.ts";
import type { Subject } from "./store-under-test.ts";

const HOUR_MS = 3_600_000;

/** A record that was written before the clock was set back is due, whatever its instants say. */
export function testClockSteps(subject: Subject): void {
  /** Stores a transaction as if written `agoMs` ago and due `inMs` after that, and answers its gid. */
  const writtenAgo = async (
    agoMs: number,
    { inMs, hold = false }: { inMs: number; hold?: boolean },
  ): Promise<Gid> => {
    const { store, now } = subject();
    const at = now() - agoMs;
    const progress = { updatedAt: at as EpochMs, nextRunAt: (at + inMs) as EpochMs };
    const transaction = aTransaction({ progress });
    await store.write([creationOf(transaction, { hold })], ME);
    return transaction.definition.gid;
  };

  test("a step back of an hour: what was written before it is due at once", async () => {
    const gid = await writtenAgo(-HOUR_MS, { inMs: 5_000 });
    expect(gidsOf((await claim(subject().store)).claimed)).toEqual([gid]);
  });

  test("what waits longer than the step is not due, when it was written before now all the same", async () => {
    await writtenAgo(60_000, { inMs: 2 * HOUR_MS });
    expect((await claim(subject().store)).claimed).toEqual([]);
  });

  test("a difference of a second is no step", async () => {
    await writtenAgo(-1_000, { inMs: 5_000 });
    expect((await claim(subject().store)).claimed).toEqual([]);
    const gid = await writtenAgo(-1_001, { inMs: 5_000 });
    expect(gidsOf((await claim(subject().store)).claimed)).toEqual([gid]);
  });

  test("the oldest come first all the same, and no more than the limit", async () => {
    const { store } = subject();
    const late = await writtenAgo(-HOUR_MS, { inMs: 9_000 });
    const due = await writtenAgo(10_000, { inMs: 1_000 });
    const early = await writtenAgo(-HOUR_MS, { inMs: 1_000 });
    expect(gidsOf((await claim(store, { limit: 2 })).claimed)).toEqual([due, early]);
    expect(gidsOf((await claim(store)).claimed)).toEqual([late]);
  });

  test("it holds over a restart, for what a dead coordinator held too", async () => {
    const { store, reopen } = subject();
    const free = await writtenAgo(-HOUR_MS, { inMs: 5_000 });
    const held = await writtenAgo(-HOUR_MS, { inMs: 6_000, hold: true });
    if (reopen === undefined) return;
    await store.close();
    const later = await reopen();
    try {
      expect(gidsOf((await claim(later, { owner: "next" })).claimed)).toEqual([free, held]);
    } finally {
      await later.close();
    }
  });

  test("what is driven by the claimant is not claimed for a step either", async () => {
    const gid = await writtenAgo(-HOUR_MS, { inMs: 5_000, hold: true });
    const { claimed } = await claim(subject().store, { isDrivenHere: (driven) => driven === gid });
    expect(claimed).toEqual([]);
  });
}
