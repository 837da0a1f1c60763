// Goal: no statement that runs while transactions are driven reads more of the file than it answers.
// Method: SQLite says how it would run each; none may scan the table, none of the busy ones may sort all that is due.
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { EpochMs } from "../../transaction/model.ts";
import { MIGRATIONS } from "./migrations.ts";
import { listStatementOf, prepareStatements } from "./statements.ts";

const database = new DatabaseSync(":memory:");
for (const migration of MIGRATIONS) database.exec(migration);
const statements = prepareStatements(database);

function planOf(sql: string): readonly string[] {
  return database
    .prepare(`explain query plan ${sql}`)
    .all()
    .map(({ detail }) => String(detail));
}

test.for(Object.keys(statements) as readonly (keyof typeof statements)[])(
  "%s finds its rows by an index",
  (name) => {
    const { sourceSQL } = statements[name];
    if (/^(begin|commit|rollback)/.test(sourceSQL)) return;
    const reads = planOf(sourceSQL).filter((line) => / transactions\b/.test(line));
    for (const line of reads)
      expect(line).toMatch(/^SEARCH |^SCAN transactions USING (COVERING )?INDEX transactions_(free|held)/);
  },
);

test("a claim walks the free ones in the order in which they are due", () => {
  const plan = planOf(statements.due.sourceSQL);
  expect(plan).toContain("SEARCH transactions USING INDEX transactions_free (next_run_at<?)");
  expect(plan).toContain("SEARCH transactions USING INDEX transactions_held (<expr><?)");
});

test.for([
  ["all", {}, "SCAN transactions"],
  ["a page", { beforeId: 7 }, "SEARCH transactions USING INTEGER PRIMARY KEY (rowid<?)"],
  ["one status", { status: "failed" }, "SEARCH transactions USING INDEX transactions_status (status=?)"],
  [
    "a page of one status",
    { status: "failed", beforeId: 7 },
    "SEARCH transactions USING INDEX transactions_status (status=? AND rowid<?)",
  ],
] as const)("a list of %s walks an index in its own order", ([, query, line]) => {
  expect(planOf(listStatementOf({ ...query, limit: 10 }).sql)).toEqual([line]);
});

test("a list between instants finds them by an index", () => {
  const { sql } = listStatementOf({ createdFrom: 1 as EpochMs, createdTo: 2 as EpochMs, limit: 10 });
  expect(planOf(sql)[0]).toBe(
    "SEARCH transactions USING INDEX transactions_created (created_at>? AND created_at<?)",
  );
});
