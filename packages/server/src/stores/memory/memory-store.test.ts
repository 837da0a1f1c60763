import { type OpenStore, StandingClock, storeContract } from "@lockstep/testkit/store-contract";
import { MemoryStore } from "./memory-store.ts";

function opened({ exclusive }: { readonly exclusive: boolean }): OpenStore {
  return async () => {
    const clock = new StandingClock();
    return {
      store: new MemoryStore({ clock, exclusive }),
      now: () => clock.now(),
      advance: (ms) => clock.advance(ms),
    };
  };
}

storeContract("MemoryStore", { exclusive: true, open: opened({ exclusive: true }) });
// For tests with several coordinators; and so the suite's part for shared stores is tried before the first of them is there.
storeContract("a shared MemoryStore", { exclusive: false, open: opened({ exclusive: false }) });
