import type { Store } from "../../../server/src/engine/ports.ts";
import type { EpochMs } from "../../../server/src/transaction/model.ts";

/** An empty store, and its clock in the test's hand. */
export interface StoreUnderTest {
  /** Closed by the suite. */
  readonly store: Store;
  /** What the store takes for now. It stands still until `advance`. */
  now(): EpochMs;
  advance(ms: number): void | Promise<void>;
  /** Where the store's content outlives it: opens it again after `store` was closed. Closed by the suite. */
  readonly reopen?: () => Promise<Store>;
}

/** Makes an empty store for one test. */
export type OpenStore = () => Promise<StoreUnderTest>;

/** The store of the test that runs; each section asks for it inside its tests. */
export type Subject = () => StoreUnderTest;
