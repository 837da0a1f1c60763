// Goal: what a request may do to a stored transaction, word for word as in protocol 1.4, and I7.
import { describe, expect, test } from "vitest";
import type { Asked, Status, Transaction } from "./model.ts";
import { modeOf } from "./modes.ts";
import { ruleForceStop, rulePrepare, ruleRetryNow, ruleSubmit } from "./rulings.ts";
import { aSaga, aStep, askedSaga } from "./saga/saga-fixture.ts";

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
  expect(verdict(rulePrepare(transaction, askedSaga()))).toBe(prepare);
  expect(verdict(ruleSubmit(transaction, askedSaga()))).toBe(submit);
  expect(verdict(ruleForceStop(transaction))).toBe(forceStop);
  expect(verdict(ruleRetryNow(transaction))).toBe(retryNow);
  const { rule } = modeOf("saga");
  expect(verdict(rule(transaction, { kind: "abort", reason: "" }))).toBe(
    `trans type: 'saga' current status '${status}', cannot abort. FAILURE`,
  );
  expect(verdict(rule(transaction, { kind: "register", transType: "saga", branches: [aStep(2)] }))).toBe(
    `trans type: 'saga' current status '${status}', cannot register a branch. FAILURE`,
  );
});

test("a refusal says the status that it met, for callers who go by it", () => {
  const refused = { kind: "refused", code: "wrong_status", status: "failed" };
  for (const ruling of [ruleSubmit(stored("failed"), askedSaga()), ruleForceStop(stored("failed"))])
    expect(ruling).toMatchObject(refused);
});

describe("I7: the same gid with other content is refused", () => {
  const { definition } = askedSaga();
  const [first, second] = [aStep(0), aStep(1)];
  test.for<[string, Partial<Asked>, string | undefined]>([
    ["another protocol", { definition: { ...definition, protocol: "grpc" } }, "protocol"],
    ["another mode", { definition: { ...definition, transType: "tcc" } }, "trans_type"],
    ["fewer steps", { branches: [first] }, "number of steps"],
    ["another action", { branches: [first, aStep(1, { action: "http://b/x" })] }, "branch 02"],
    ["another compensation", { branches: [aStep(0, { compensate: "" }), second] }, "branch 01"],
    ["another branch id", { branches: [{ ...first, id: "03" }, second] }, "branch 01"],
    ["an op more", { branches: [{ ...first, urls: { ...first.urls, cancel: "" } }, second] }, "branch 01"],
    [
      "another payload of the same length",
      { branches: [first, { ...second, payload: new Uint8Array([9]) }] },
      "branch 02",
    ],
    ["a longer payload", { branches: [{ ...first, payload: new Uint8Array([0, 0]) }, second] }, "branch 01"],
    [
      "other options",
      { definition: { ...definition, options: { ...definition.options, retryLimit: 4 } } },
      undefined,
    ],
    ["other custom data", { definition: { ...definition, customData: "{}" } }, undefined],
  ])("%s", ([, change, difference]) => {
    const ruling = ruleSubmit(stored("prepared"), { ...askedSaga(), ...change });
    if (difference === undefined) expect(ruling).toEqual({ kind: "go" });
    else
      expect(ruling).toEqual({
        kind: "refused",
        code: "gid_conflict",
        message:
          `gid 'g1' is taken by a transaction with another ${difference}; ` +
          "use a new gid, or repeat the request as it was",
      });
  });

  test("a payload that differs in one byte of many is another payload", () => {
    const own = new Uint8Array([1, 2, 3]);
    const stored = aSaga({ branches: [{ ...first, payload: own }] });
    const asked = askedSaga({ branches: [{ ...first, payload: new Uint8Array([1, 2, 4]) }] });
    expect(
      verdict(rulePrepare({ ...stored, progress: { ...stored.progress, status: "prepared" } }, asked)),
    ).toContain("another branch 01;");
  });
});
