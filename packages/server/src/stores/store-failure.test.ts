import { LockstepError } from "@lockstep/protocol";
import { expect, test } from "vitest";
import { StoreFailure } from "./store-failure.ts";

test("a store's failure is known as one, and another unavailable error is not", () => {
  expect(new StoreFailure("The disk is full.")).toBeInstanceOf(StoreFailure);
  expect(new StoreFailure("The disk is full.")).toBeInstanceOf(LockstepError);
  expect(new LockstepError("unavailable", "Away.") instanceof StoreFailure).toBe(false);
});
