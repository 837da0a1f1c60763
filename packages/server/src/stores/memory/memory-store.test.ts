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
// Tests with several coordinators use a shared store. This also runs the suite's part for shared stores, which no other
// store has yet.
storeContract("a shared MemoryStore", { exclusive: false, open: opened({ exclusive: false }) });
