import { StandingClock, storeContract } from "@lockstep/testkit/store-contract";
import { MemoryStore } from "./memory-store.ts";

storeContract("MemoryStore", async () => {
  const clock = new StandingClock();
  return {
    store: new MemoryStore({ clock }),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
  };
});
