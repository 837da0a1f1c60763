import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BarrierEntry,
  barrierEntryOf,
  barrierRowsOf,
  insertedOfCount,
  mayRefuse,
  verdictOf,
} from "./entry.ts";

const entryOf = (op: string): BarrierEntry =>
  barrierEntryOf({ gid: "g", transType: "saga", branchId: "01", op }, 1);

describe("a barrier entry", () => {
  test.for([
    ["action", ["action by action"]],
    ["try", ["try by try"]],
    ["confirm", ["confirm by confirm"]],
    ["commit", ["commit by commit"]],
    ["msg", ["msg by msg"]],
    ["compensate", ["action by compensate", "compensate by compensate"]],
    ["cancel", ["try by cancel", "cancel by cancel"]],
    ["rollback", ["action by rollback", "rollback by rollback"]],
    ["constructor", ["constructor by constructor"]],
  ] as const)("of %s is %o", ([op, rows]) => {
    expect(barrierRowsOf(entryOf(op)).map((row) => `${row.op} by ${row.reason}`)).toEqual(rows);
  });

  test.for([
    [1, "01"],
    [9, "09"],
    [10, "10"],
    [100, "100"],
  ] as const)("of call %i has the number %s", ([call, barrierId]) => {
    const entry = barrierEntryOf({ gid: "g", transType: "saga", branchId: "01", op: "cancel" }, call);
    expect(barrierRowsOf(entry).map((row) => row.barrierId)).toEqual([barrierId, barrierId]);
  });
});

test.for([
  ["action", true],
  ["try", true],
  ["msg", true],
  ["compensate", false],
  ["cancel", false],
  ["rollback", false],
  ["confirm", false],
  ["commit", false],
] as const)("%s may refuse: %s", ([op, may]) => {
  expect(mayRefuse(op)).toBe(may);
});

// The table of protocol 7.7.
test.for([
  ["action", false, true, "run"],
  ["action", false, false, "skip"],
  ["compensate", false, true, "run"],
  ["compensate", true, true, "skip"],
  ["compensate", false, false, "skip"],
  // Rows of the undone op alone were deleted: an undo that ran is not run again.
  ["compensate", true, false, "skip"],
  ["msg", false, true, "run"],
  ["msg", false, false, "duplicated"],
] as const)("%s with origin new: %s, current new: %s is %s", ([op, origin, current, verdict]) => {
  expect(verdictOf(entryOf(op), { origin, current })).toBe(verdict);
});

test("a count of rows tells which, for every history of ops", () => {
  const ops = fc.array(fc.constantFrom("action", "compensate", "try", "cancel", "rollback", "commit"));
  fc.assert(
    fc.property(ops, (history) => {
      const table = new Set<string>();
      for (const op of history) {
        const entry = entryOf(op);
        const isNew = (row: { op: string } | undefined) => row !== undefined && !table.has(row.op);
        const inserted = { origin: isNew(entry.origin), current: isNew(entry.current) };
        for (const row of barrierRowsOf(entry)) table.add(row.op);
        const count = Number(inserted.origin) + Number(inserted.current);
        expect(insertedOfCount(entry, count)).toEqual(inserted);
      }
    }),
  );
});
