import type { Store } from "../../../server/src/engine/ports.ts";
import type { EpochMs } from "../../../server/src/transaction/model.ts";

/** An empty store, and its clock, which the test controls. */
export interface StoreUnderTest {
  /** The suite closes it. */
  readonly store: Store;
  /** The instant of the store's clock, which stands still until `advance`. */
  now(): EpochMs;
  advance(ms: number): void | Promise<void>;
  /** For a store whose content survives a close: opens it again after `store` was closed. The suite closes it. */
  readonly reopen?: () => Promise<Store>;
}

/** Makes an empty store for one test. */
export type OpenStore = () => Promise<StoreUnderTest>;

/** The store of the test that runs; each section asks for it inside its tests. */
export type Subject = () => StoreUnderTest;
