/**
 * What every store does, as one suite: a store is right when it passes, and its own test file is a call.
 *
 * The sections say what the port's comments say, case by case; `models` compares any store with the one in memory
 * over histories that fast-check draws.
 */
import { afterEach, beforeEach, describe } from "vitest";
import type { Store } from "../../server/src/engine/ports.ts";
import type { EpochMs } from "../../server/src/transaction/model.ts";
import { testClaims } from "./store-contract/claims.ts";
import { testLeases } from "./store-contract/leases.ts";
import { testLists } from "./store-contract/lists.ts";
import { testModel } from "./store-contract/model.ts";
import { testRecords } from "./store-contract/records.ts";
import { testRetention } from "./store-contract/retention.ts";
import { testWrites } from "./store-contract/writes.ts";

export {
  aDefinition,
  aGid,
  aProgress,
  aStep,
  aTransaction,
  creationOf,
  gidsOf,
  UNTOUCHED_OP,
  updateOf,
} from "./store-contract/a-transaction.ts";
export { StandingClock } from "./store-contract/standing-clock.ts";

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

/** Registers the suite with vitest. `open` is called before every test, and for every history of the model. */
export function storeContract(name: string, open: OpenStore): void {
  describe(`${name} as a Store`, () => {
    let opened: StoreUnderTest | undefined;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(async () => {
      await opened?.store.close();
    });
    const subject: Subject = () => {
      if (opened === undefined) throw new Error("a test asks for its store before it is opened");
      return opened;
    };

    describe("writes", () => testWrites(subject));
    describe("claims", () => testClaims(subject));
    describe("leases", () => testLeases(subject));
    describe("lists", () => testLists(subject));
    describe("retention", () => testRetention(subject));
    describe("records", () => testRecords(subject));
  });
  describe(`${name} beside a MemoryStore`, () => testModel(open));
}
