/** Claims for the sections of the suite. */
import type { Claims, Store } from "../../../server/src/engine/ports.ts";
import type { EpochMs, Gid } from "../../../server/src/transaction/model.ts";
import { aTransaction, creationOf } from "./a-transaction.ts";
import type { Subject } from "./store-under-test.ts";

export const LEASE_MS = 10_000;
export const ME = { owner: "me", leaseMs: LEASE_MS };
export const OTHER = { owner: "other", leaseMs: LEASE_MS };

export interface ClaimChanges {
  readonly owner?: string;
  readonly limit?: number;
  readonly bytesMax?: number;
  readonly isDrivenHere?: (gid: Gid) => boolean;
}

/** A claim of all due transactions by `me`, unless `changes` say otherwise. */
export function claim(store: Store, changes: ClaimChanges = {}): Promise<Claims> {
  const { owner = "me", limit = 100, bytesMax = Infinity, isDrivenHere = () => false } = changes;
  return store.claimDue({ owner, leaseMs: LEASE_MS, limit, bytesMax, isDrivenHere });
}

export interface DueChanges {
  readonly hold?: boolean;
  readonly terms?: typeof ME;
  readonly payload?: Uint8Array;
}

/** Stores a transaction that is due `inMs` from now, and answers its gid. */
export async function createDue(subject: Subject, inMs: number, changes: DueChanges = {}): Promise<Gid> {
  const { hold = false, terms = ME, payload = new Uint8Array() } = changes;
  const { store, now } = subject();
  const transaction = aTransaction({
    branches: [{ id: "01", urls: { do: "http://a.test/do" }, payload }],
    progress: { nextRunAt: (now() + inMs) as EpochMs, updatedAt: now() },
  });
  await store.write([creationOf(transaction, { hold })], terms);
  return transaction.definition.gid;
}
