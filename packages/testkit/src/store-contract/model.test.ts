// Goal: the comparison with the store in memory finds a store that is wrong.
// Method: stores with one planted mistake each; the comparison must reject every one.
import { expect, test } from "vitest";
import type { LeaseTerms, Write } from "../../../server/src/engine/ports.ts";
import { MemoryStore } from "../../../server/src/stores/memory/memory-store.ts";
import { compareWithMemory } from "./model.ts";
import { StandingClock } from "./standing-clock.ts";

/** Updates over any version. */
class ForgetfulStore extends MemoryStore {
  override async write(writes: readonly Write[], terms: LeaseTerms) {
    const blind = writes.map(async (write) => {
      if (write.kind === "create") return write;
      return { ...write, expectedVersion: (await this.load(write.gid))?.version ?? 0 };
    });
    return await super.write(await Promise.all(blind), terms);
  }
}

/** Never says that a transaction was abandoned. */
class DiscreetStore extends MemoryStore {
  override async claimDue(claim: Parameters<MemoryStore["claimDue"]>[0]) {
    const claims = await super.claimDue(claim);
    return { ...claims, claimed: claims.claimed.map((one) => ({ ...one, abandoned: false })) };
  }
}

/** Claims one more than the limit. */
class GreedyStore extends MemoryStore {
  override claimDue(claim: Parameters<MemoryStore["claimDue"]>[0]) {
    return super.claimDue({ ...claim, limit: claim.limit + 1 });
  }
}

/** Renews leases for a millisecond less than asked. */
class HastyStore extends MemoryStore {
  override renew(terms: Parameters<MemoryStore["renew"]>[0]) {
    return super.renew({ ...terms, leaseMs: terms.leaseMs - 1 });
  }
}

/** Also deletes transactions that finished exactly at the bound. */
class EagerStore extends MemoryStore {
  override deleteFinished(bounds: Parameters<MemoryStore["deleteFinished"]>[0]) {
    return super.deleteFinished({
      ...bounds,
      finishedBefore: (bounds.finishedBefore + 1) as typeof bounds.finishedBefore,
    });
  }
}

test.for([ForgetfulStore, DiscreetStore, GreedyStore, HastyStore, EagerStore])(
  "%o is told apart",
  { timeout: 60_000 },
  async (PlantedStore) => {
    const comparison = compareWithMemory(
      async () => {
        const clock = new StandingClock();
        return {
          store: new PlantedStore({ clock, exclusive: false }),
          now: () => clock.now(),
          advance: (ms) => clock.advance(ms),
        };
      },
      { exclusive: false },
    );
    await expect(comparison).rejects.toThrow(/Property failed/);
  },
);
