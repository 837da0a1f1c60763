/**
 * One suite for every store: a store is right when it passes, and the test file of a store only calls the suite.
 *
 * The sections test the rules of the port, case by case; `testModel` compares a store with the one in memory over
 * histories that fast-check draws.
 */
import { afterEach, beforeEach, describe } from "vitest";
import { testClaims } from "./store-contract/claims.ts";
import { testClockSteps } from "./store-contract/clock-steps.ts";
import { testExclusive } from "./store-contract/exclusive.ts";
import { testLeases } from "./store-contract/leases.ts";
import { testLists } from "./store-contract/lists.ts";
import { testModel } from "./store-contract/model.ts";
import { testRecords } from "./store-contract/records.ts";
import { testRetention } from "./store-contract/retention.ts";
import type { OpenStore, StoreUnderTest, Subject } from "./store-contract/store-under-test.ts";
import { testWrites } from "./store-contract/writes.ts";

export {
  aBranch,
  aDefinition,
  aGid,
  aProgress,
  aTransaction,
  creationOf,
  gidsOf,
  UNTOUCHED_OP,
  updateOf,
} from "./store-contract/a-transaction.ts";
export { StandingClock } from "./store-contract/standing-clock.ts";
export type { OpenStore, StoreUnderTest } from "./store-contract/store-under-test.ts";

export interface StoreContractOptions {
  /** The store's trait. A store that several coordinators can share is tested with leases of several owners. */
  readonly exclusive: boolean;
  /** The suite calls this before every test, and for every history of the model. */
  readonly open: OpenStore;
}

/** Registers the suite with vitest. */
export function storeContract(name: string, { exclusive, open }: StoreContractOptions): void {
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
    if (exclusive) describe("leases of the dead", () => testExclusive(subject));
    else describe("leases", () => testLeases(subject));
    describe("clock steps", () => testClockSteps(subject));
    describe("lists", () => testLists(subject));
    describe("retention", () => testRetention(subject));
    describe("records", () => testRecords(subject));
  });
  describe(`${name} beside a MemoryStore`, () => testModel(open, { exclusive }));
}
