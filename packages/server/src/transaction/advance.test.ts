// Goal: where a status leads by itself, what an empty URL does on the way, and what the first call will be.
// Method: the saga, and a made-up mode where a lead's parts are to be set by hand.
import { describe, expect, test } from "vitest";
import { advance, firstCallOf } from "./advance.ts";
import { REASON_CHARACTERS_MAX } from "./limits.ts";
import type { Lead, Mode } from "./mode.ts";
import type { EpochMs, Progress, Transaction } from "./model.ts";
import { aMsg } from "./msg/msg-under-test-fixture.ts";
import { UNTOUCHED } from "./progress.ts";
import { saga } from "./saga/saga.ts";
import { aSaga, aStep } from "./saga/saga-fixture.ts";

const NOW = 500 as EpochMs;

/** The leads of a submitted transaction, once each; after that nothing moves. */
function leadingTo(...leads: readonly Lead[]): Mode {
  const left = [...leads];
  return { ...saga, openOps: () => [], lead: () => left.shift() };
}

function submitted(over: Partial<Progress> = {}): Transaction {
  const transaction = aSaga();
  return { ...transaction, progress: { ...transaction.progress, ...over } };
}

describe("a lead", () => {
  test("that is not there leaves the transaction as it is", () => {
    const transaction = submitted();
    expect(advance(leadingTo(), transaction, NOW)).toBe(transaction);
  });

  test("keeps the reason unless it has one, and cuts what it has", () => {
    const told = submitted({ reason: "before" });
    expect(advance(leadingTo({ to: "aborting" }), told, NOW).progress.reason).toBe("before");
    const long = "r".repeat(REASON_CHARACTERS_MAX + 1);
    const cut = advance(leadingTo({ to: "aborting", reason: long }), told, NOW).progress.reason;
    expect(cut).toMatch(/^r+…$/);
    expect(cut).toHaveLength(REASON_CHARACTERS_MAX);
  });

  test("ends the parking; only an end has a time", () => {
    const parked = submitted({ parkedAt: 7 as EpochMs, parkedReason: "no answer" });
    expect(advance(leadingTo({ to: "aborting" }), parked, NOW).progress).toEqual({
      ...parked.progress,
      status: "aborting",
      parkedAt: null,
      parkedReason: "",
    });
    const ended = advance(leadingTo({ to: "succeed" }), submitted(), NOW);
    expect(ended.progress).toMatchObject({ status: "succeed", finishedAt: NOW });
  });

  test("is followed until nothing moves, and never beyond an end", () => {
    const mode = leadingTo({ to: "aborting" }, { to: "failed" }, { to: "succeed" });
    const { definition, branches } = submitted();
    const ended = advance(mode, submitted(), NOW);
    expect(ended).toEqual({ definition, branches, progress: expect.objectContaining({ status: "failed" }) });
  });
});

describe("force stop", () => {
  const forcedBy = { actor: "ann", reason: "wrong amount", at: NOW };

  test.for([
    ["", "wrong amount"],
    ["no money", "no money"],
  ] as const)("is stronger than the mode; the reason '%s' becomes '%s'", ([reason, after]) => {
    const ended = advance(leadingTo({ to: "succeed" }), submitted({ forcedBy, reason }), NOW);
    expect(ended.progress).toMatchObject({ status: "failed", reason: after, finishedAt: NOW });
  });
});

describe("an empty URL", () => {
  const done = { ...UNTOUCHED, status: "succeed", mayHaveRun: true, finishedAt: NOW } as const;
  const none = (index: number) => aStep(index, { action: "" });

  test("succeeds without a call, keeps what its history says, and opens the next", () => {
    const transaction = aSaga({ branches: [none(0), none(1), aStep(2)] });
    const waited = { ...UNTOUCHED, retryAt: 900 as EpochMs, attemptCount: 1 };
    const told: Transaction = {
      ...transaction,
      progress: { ...transaction.progress, branches: [{ action: waited }, {}, {}] },
    };
    expect(advance(saga, told, NOW).progress).toEqual({
      ...told.progress,
      branches: [{ action: { ...done, attemptCount: 1 } }, { action: done }, {}],
    });
  });

  test("of every branch that is open at once", () => {
    const all = aSaga({ branches: [none(0), aStep(1), none(2)], concurrent: true });
    expect(advance(saga, all, NOW).progress.branches).toEqual([{ action: done }, {}, { action: done }]);
  });

  test("an op whose URL is not there at all is one with an empty URL", () => {
    const nowhere = aSaga({ branches: [{ id: "01", urls: {}, payload: new Uint8Array() }] });
    expect(advance(saga, nowhere, NOW).progress.status).toBe("succeed");
  });
});

describe("the first call", () => {
  test.for([
    ["of the first step", aSaga(), "http://b/a1"],
    ["is none of an empty URL", aSaga({ branches: [aStep(0, { action: "" }), aStep(1)] }), "http://b/a2"],
    ["is not there where all URLs are empty", aSaga({ branches: [aStep(0, { action: "" })] }), undefined],
    [
      "is behind the empty URL of an op that waits for its time",
      aMsg("submitted", { actions: ["", "http://b/a2"], concurrent: true, delayMs: 10_000 }),
      "http://b/a2",
    ],
    [
      "is not there where only empty URLs wait for their time",
      aMsg("submitted", { actions: [""], delayMs: 10_000 }),
      undefined,
    ],
    ["is not there before the submit", submitted({ status: "prepared", submittedAt: null }), undefined],
    ["is not there after the end", submitted({ status: "failed" }), undefined],
    [
      "is a compensation where it goes back",
      submitted({ status: "aborting", branches: [{ action: { ...UNTOUCHED, mayHaveRun: true } }, {}] }),
      "http://b/c1",
    ],
  ] as const)("%s", ([, transaction, url]) => {
    expect(firstCallOf(transaction)).toBe(url);
  });

  test("of a time limit that has not passed at the last write is the forward one", () => {
    const limited = aSaga({ options: { timeoutToFailMs: 100 } });
    expect(firstCallOf(limited)).toBe("http://b/a1");
  });
});
