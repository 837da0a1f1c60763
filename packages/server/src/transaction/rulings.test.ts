// Goal: what a request may do to what is stored, word for word as protocol 1.4 has it, and I7.
import { describe, expect, test } from "vitest";
import type { Definition, Status, Transaction } from "./model.ts";
import { ruleAbort, ruleForceStop, rulePrepare, ruleRetryNow, ruleSubmit } from "./rulings.ts";
import { aDefinition, aSaga } from "./saga/saga-fixture.ts";

function stored(status: Status): Transaction {
  const saga = aSaga();
  return { ...saga, progress: { ...saga.progress, status } };
}

function verdict(ruling: ReturnType<typeof ruleSubmit>): string {
  return ruling.kind === "refused" ? ruling.message : ruling.kind;
}

test.for([
  ["prepared", "done", "go", "go", "done"],
  ["submitted", "current status 'submitted', cannot prepare. FAILURE", "done", "go", "go"],
  [
    "aborting",
    "current status 'aborting', cannot prepare. FAILURE",
    "current status 'aborting', cannot sumbmit. FAILURE",
    "go",
    "go",
  ],
  [
    "succeed",
    "current status 'succeed', cannot prepare. FAILURE",
    "current status 'succeed', cannot sumbmit. FAILURE",
    "global transaction force stop error. status: succeed. error: FAILURE",
    "done",
  ],
  [
    "failed",
    "current status 'failed', cannot prepare. FAILURE",
    "current status 'failed', cannot sumbmit. FAILURE",
    "global transaction force stop error. status: failed. error: FAILURE",
    "done",
  ],
] as const)("%s: prepare, submit, forceStop, retryNow", ([status, prepare, submit, forceStop, retryNow]) => {
  const transaction = stored(status);
  expect(verdict(rulePrepare(transaction, aDefinition()))).toBe(prepare);
  expect(verdict(ruleSubmit(transaction, aDefinition()))).toBe(submit);
  expect(verdict(ruleForceStop(transaction))).toBe(forceStop);
  expect(verdict(ruleRetryNow(transaction))).toBe(retryNow);
  expect(verdict(ruleAbort(transaction))).toBe(
    `trans type: 'saga' current status '${status}', cannot abort. FAILURE`,
  );
});

describe("I7: the same gid with other content is refused", () => {
  const [first, second] = aDefinition().steps;
  if (first === undefined || second === undefined) throw new Error("the fixture has two steps");
  test.for<[string, Partial<Definition>, string | undefined]>([
    ["another protocol", { protocol: "grpc" }, "protocol"],
    ["fewer steps", { steps: [first] }, "number of steps"],
    ["another action", { steps: [first, { ...second, action: "http://b/x" }] }, "step 1"],
    ["another compensation", { steps: [{ ...first, compensate: "" }, second] }, "step 0"],
    [
      "another payload of the same length",
      { steps: [first, { ...second, payload: new Uint8Array([9]) }] },
      "step 1",
    ],
    ["a longer payload", { steps: [{ ...first, payload: new Uint8Array([0, 0]) }, second] }, "step 0"],
    ["other options", { options: { ...aDefinition().options, retryLimit: 4 } }, undefined],
    ["other custom data", { customData: "{}" }, undefined],
  ])("%s", ([, change, difference]) => {
    const ruling = ruleSubmit(stored("prepared"), { ...aDefinition(), ...change });
    expect(verdict(ruling)).toContain(difference === undefined ? "go" : `another ${difference};`);
  });
});
