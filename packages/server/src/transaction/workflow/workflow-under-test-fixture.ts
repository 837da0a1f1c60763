/** Workflows for tests, and what the property tests need to know about them. */
import fc from "fast-check";
import { expect } from "vitest";
import { createTransaction } from "../create.ts";
import { accept } from "../decide.ts";
import type { Registration } from "../decision.ts";
import type { ModeUnderTest } from "../mode-under-test-fixture.ts";
import type { Asked, EpochMs, Gid, ModeSettings, OpStatus, Transaction } from "../model.ts";
import { NO_OPTIONS } from "../options-fixture.ts";
import { workflow } from "./workflow.ts";

export const CALL_BACK_MS = 10_000;

function asked(settings: ModeSettings, branches: Asked["branches"], result?: string): Asked {
  return {
    definition: {
      gid: "g1" as Gid,
      transType: "workflow",
      protocol: "http",
      concurrent: false,
      settings,
      options: NO_OPTIONS,
      customData: "",
      ...(result === undefined ? {} : { result }),
      createdAt: 0 as EpochMs,
    },
    branches,
  };
}

/** What the prepare of a workflow asks for, whose name is `order`. */
export function askedWorkflow(url = "http://c/back"): Asked {
  return asked({ callBackAfterMs: CALL_BACK_MS }, [
    { id: "00", urls: { order: url }, payload: new Uint8Array([7]) },
  ]);
}

/** What the submit of its caller asks for. */
export function askedEnd(status: "succeed" | "failed", reason = "", result?: string): Asked {
  return asked({ decision: { status, reason } }, [], result);
}

/** A row that the caller registers. */
export function aRow(branchId: string, op: string, status: OpStatus = "succeed"): Registration {
  const branches = [
    { id: branchId, urls: { [op]: "" }, payload: new TextEncoder().encode(`${branchId} ${op}`) },
  ];
  return { transType: "workflow", branches, statuses: [status] };
}

/** A workflow that was prepared at 0, with these rows. */
export function aWorkflow(rows: readonly Registration[] = [], url?: string): Transaction {
  const prepared = createTransaction(askedWorkflow(url), "prepared", 0 as EpochMs);
  return rows.reduce((known, row) => accept(known, { kind: "register", ...row }, 0 as EpochMs), prepared);
}

const created: fc.Arbitrary<Transaction> = fc
  .record({
    rowCount: fc.integer({ min: 0, max: 3 }),
    ends: fc.constantFrom("no", "no", "succeed", "failed"),
  })
  .map(({ rowCount, ends }) => {
    const begun = aWorkflow(Array.from({ length: rowCount }, (_, index) => aRow(`0${index + 1}`, "action")));
    if (ends === "no") return begun;
    const status = ends === "succeed" ? "succeed" : "failed";
    return accept(begun, { kind: "submit", asked: askedEnd(status) }, 0 as EpochMs);
  });

export const workflowUnderTest: ModeUnderTest = {
  mode: workflow,
  created,
  endsByItself: false,
  ops: ["order", "action"],
  opsIn: (status) => (status === "prepared" ? ["order"] : []),
  // The end is the caller's; the rows stay as the caller has registered them.
  expectPromiseKept({ progress: { branches } }) {
    for (const ops of branches.slice(1)) expect(ops["action"]?.status).toBe("succeed");
  },
  expectInOrder({ progress }, { branch }) {
    expect(branch).toBe(0);
    expect(progress.updatedAt - (progress.preparedAt ?? 0)).toBeGreaterThanOrEqual(CALL_BACK_MS);
  },
  mayRollBack: () => false,
};
