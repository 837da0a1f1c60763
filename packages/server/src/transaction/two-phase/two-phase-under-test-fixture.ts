/** What the property tests need to know about the modes with two phases. */
import fc from "fast-check";
import { expect } from "vitest";
import { createTransaction } from "../create.ts";
import { accept } from "../decide.ts";
import type { Mode } from "../mode.ts";
import type { ModeUnderTest } from "../mode-under-test-fixture.ts";
import { type Asked, type Branch, branchIdOf, type EpochMs, type Gid, type Transaction } from "../model.ts";
import { NO_OPTIONS } from "../options-fixture.ts";
import type { TwoPhase } from "./two-phase.ts";

/** What a test may set about a prepared transaction. */
export interface PreparedChanges {
  readonly timeLimitMs?: number;
  /** The URLs of each branch. Default: two branches. */
  readonly urls?: readonly Readonly<Record<string, string>>[];
}

/** What its prepare and its submit ask for: no branches. */
export function askedTwoPhase(transType: string, timeLimitMs = 35_000): Asked {
  return {
    definition: {
      gid: "g1" as Gid,
      transType,
      protocol: "http",
      concurrent: false,
      settings: { timeLimitMs },
      options: NO_OPTIONS,
      customData: "",
      createdAt: 0 as EpochMs,
    },
    branches: [],
  };
}

/** The branch with this index. */
export function aRegistered(index: number, urls: Readonly<Record<string, string>>): Branch {
  return { id: branchIdOf(index), urls, payload: new Uint8Array([index]) };
}

/** A prepared transaction whose branches are registered. */
export function aPrepared(transType: string, { timeLimitMs, urls = [] }: PreparedChanges = {}): Transaction {
  const prepared = createTransaction(askedTwoPhase(transType, timeLimitMs), "prepared", 0 as EpochMs);
  const branches = urls.map((each, index) => aRegistered(index, each));
  return accept(prepared, { kind: "register", transType, branches }, 0 as EpochMs);
}

/** The mode as the property tests see it: prepared, submitted and aborted ones of up to five branches. */
export function twoPhaseUnderTest(
  transType: string,
  mode: Mode,
  { commit, undo, begins }: TwoPhase,
): ModeUnderTest {
  const created = fc
    .record({
      empties: fc.array(fc.constantFrom("none", commit, undo), { maxLength: 5 }),
      timeLimitMs: fc.constantFrom(40, 5_000, 35_000),
      asks: fc.constantFrom("nothing", "submit", "abort"),
    })
    .map(({ empties, timeLimitMs, asks }) => {
      const urls = empties.map((empty, index) => ({
        [undo]: empty === undo ? "" : `http://b/u${index}`,
        [commit]: empty === commit ? "" : `http://b/c${index}`,
      }));
      const prepared = aPrepared(transType, { timeLimitMs, urls });
      if (asks === "nothing") return prepared;
      const asked = askedTwoPhase(transType, timeLimitMs);
      const event =
        asks === "submit" ? { kind: "submit" as const, asked } : { kind: "abort" as const, reason: "no" };
      return accept(prepared, event, 0 as EpochMs);
    });
  return {
    mode,
    created,
    endsByItself: true,
    ops: [commit, undo],
    opsIn: (status) => (status === "submitted" ? [commit] : status === "aborting" ? [undo] : []),
    expectPromiseKept({ progress: { status, branches } }) {
      const op = status === "succeed" ? commit : undo;
      for (const ops of branches) expect(ops[op]?.status).toBe("succeed");
    },
    expectInOrder({ progress: { branches } }, { branch, op }) {
      const before = begins === "first" ? branches.slice(0, branch) : branches.slice(branch + 1);
      for (const ops of before) expect(ops[op]?.status).toBe("succeed");
    },
    mayRollBack: ({ definition, progress: { preparedAt } }, now) =>
      now - (preparedAt ?? now) >= Number(definition.settings["timeLimitMs"]),
  };
}
