/** Messages for tests, and what the property tests need to know about them. */
import fc from "fast-check";
import { expect } from "vitest";
import { createTransaction } from "../create.ts";
import { accept } from "../decide.ts";
import type { ModeUnderTest } from "../mode-under-test-fixture.ts";
import { type Asked, type Branch, branchIdOf, type EpochMs, type Gid, type Transaction } from "../model.ts";
import { NO_OPTIONS } from "../options-fixture.ts";
import { msg } from "./msg.ts";
import { msgSettingsOf } from "./settings.ts";

/** What a test may set about a message. */
export interface MsgChanges {
  /** Default: `http://c/q`. */
  readonly queryPrepared?: string;
  /** Default: two steps. */
  readonly actions?: readonly string[];
  readonly concurrent?: boolean;
  readonly timeLimitMs?: number;
  readonly delayMs?: number;
}

/** What the prepare and the submit of a message ask for. */
export function askedMsg(changes: MsgChanges = {}): Asked {
  const { queryPrepared = "http://c/q", actions = ["http://b/a1", "http://b/a2"] } = changes;
  const steps = actions.map((action, index): Branch => {
    return { id: branchIdOf(index), urls: { action }, payload: new Uint8Array([index]) };
  });
  return {
    definition: {
      gid: "g1" as Gid,
      transType: "msg",
      protocol: "http",
      concurrent: changes.concurrent ?? false,
      settings: { timeLimitMs: changes.timeLimitMs ?? 35_000, delayMs: changes.delayMs ?? 0 },
      options: NO_OPTIONS,
      customData: "",
      createdAt: 0 as EpochMs,
    },
    branches: [{ id: "00", urls: { msg: queryPrepared }, payload: new Uint8Array() }, ...steps],
  };
}

/** A message that was created at 0. */
export function aMsg(status: "prepared" | "submitted", changes: MsgChanges = {}): Transaction {
  return createTransaction(askedMsg(changes), status, 0 as EpochMs);
}

/** Messages of up to five steps: submitted at once, prepared, and prepared and then submitted or aborted. */
export const createdMsgs: fc.Arbitrary<Transaction> = fc
  .record({
    actions: fc.array(fc.constantFrom("http://b/a", "http://b/a", ""), { maxLength: 5 }),
    concurrent: fc.boolean(),
    timeLimitMs: fc.constantFrom(40, 5_000, 35_000),
    delayMs: fc.constantFrom(0, 0, 3_000, 60_000),
    begins: fc.constantFrom("submitted", "prepared", "prepared, submitted", "prepared, aborted"),
  })
  .map(({ begins, ...changes }) => {
    if (begins === "submitted") return aMsg("submitted", changes);
    const prepared = aMsg("prepared", changes);
    if (begins === "prepared") return prepared;
    const asked = askedMsg(changes);
    const event =
      begins === "prepared, submitted"
        ? { kind: "submit" as const, asked }
        : { kind: "abort" as const, reason: "no" };
    return accept(prepared, event, 0 as EpochMs);
  });

export const msgUnderTest: ModeUnderTest = {
  mode: msg,
  created: createdMsgs,
  endsByItself: true,
  ops: ["msg", "action"],
  opsIn: (status) => (status === "prepared" ? ["msg"] : status === "submitted" ? ["action"] : []),
  expectPromiseKept({ progress: { status, branches } }) {
    const [, ...steps] = branches;
    for (const { action } of steps) {
      if (status === "succeed") expect(action?.status).toBe("succeed");
      else expect(action?.mayHaveRun ?? false).toBe(false);
    }
  },
  expectInOrder({ definition, progress }, { branch, op }) {
    const { timeLimitMs, delayMs } = msgSettingsOf(definition.settings);
    const [from, waitsMs] =
      op === "msg" ? [progress.preparedAt, timeLimitMs] : [progress.submittedAt, delayMs];
    expect(from).not.toBeNull();
    expect(progress.updatedAt - (from ?? 0)).toBeGreaterThanOrEqual(waitsMs);
    if (definition.concurrent) return;
    for (const ops of progress.branches.slice(1, branch)) expect(ops["action"]?.status).toBe("succeed");
  },
  mayRollBack: () => false,
};
