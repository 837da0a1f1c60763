// Goal: no statement that runs while transactions are driven reads more of the file than it answers.
// Method: SQLite says how it would run each; none may scan the table, none of the busy ones may sort all that is due.
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EpochMs } from "../../transaction/model.ts";
import { MIGRATIONS } from "./migrations.ts";
import { listStatementOf, prepareStatements, spanStatementOf } from "./statements.ts";

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

const NEWEST_FIRST = "SEARCH transactions USING INTEGER PRIMARY KEY (rowid<?)";
const BY_STATUS = "SEARCH transactions USING INDEX transactions_status (status=?";
const SPAN = { createdFrom: 1 as EpochMs, createdTo: 2 as EpochMs };

test.for([
  ["all", {}, "SCAN transactions"],
  ["a page", { beforeId: 7 }, NEWEST_FIRST],
  ["one status", { status: "failed" }, `${BY_STATUS})`],
  ["a page of one status", { status: "failed", beforeId: 7 }, `${BY_STATUS} AND rowid<?)`],
  ["a wide span", SPAN, "SCAN transactions"],
  ["a page of a wide span", { ...SPAN, beforeId: 7 }, NEWEST_FIRST],
  ["one status in a wide span", { ...SPAN, status: "failed" }, `${BY_STATUS})`],
] as const)("a list of %s walks from the newest on, and sorts nothing", ([, query, line]) => {
  expect(planOf(listStatementOf({ ...query, limit: 10 }, { narrow: false }).sql)).toEqual([line]);
});

test.for([
  ["a narrow span", SPAN],
  ["a page of one status in a narrow span", { ...SPAN, status: "failed", beforeId: 7 }],
] as const)("a list of %s reads only that span", ([, query]) => {
  expect(planOf(listStatementOf({ ...query, limit: 10 }, { narrow: true }).sql)).toEqual([
    "SEARCH transactions USING INTEGER PRIMARY KEY (rowid=?)",
    "LIST SUBQUERY 1",
    "SEARCH transactions USING COVERING INDEX transactions_created (created_at>? AND created_at<?)",
  ]);
});

test("a span is counted in its index", () => {
  expect(planOf(spanStatementOf({ ...SPAN, limit: 10 })?.sql ?? "")).toContain(
    "SEARCH transactions USING COVERING INDEX transactions_created (created_at>? AND created_at<?)",
  );
});

test("a list is the same, whichever way it is found", () => {
  const instants = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });
  const rows = fc.array(fc.record({ createdAt: instants, status: fc.constantFrom("succeed", "failed") }));
  const queries = fc.record(
    {
      createdFrom: fc.integer({ min: 0, max: 20 }) as fc.Arbitrary<EpochMs>,
      createdTo: fc.integer({ min: 0, max: 20 }) as fc.Arbitrary<EpochMs>,
      status: fc.constantFrom("succeed", "failed"),
      transType: fc.constantFrom("saga", "tcc"),
      beforeId: fc.integer({ min: 1, max: 20 }),
      limit: fc.integer({ min: 1, max: 5 }),
    },
    { requiredKeys: ["limit", "createdFrom"] },
  );
  const insert = database.prepare(
    `insert into transactions (gid, trans_type, status, version, created_at, updated_at, progress, definition)
     values (?, 'saga', ?, 1, ?, 1, '', x'')`,
  );
  fc.assert(
    fc.property(rows, queries, (drawn, query) => {
      database.exec("delete from transactions; delete from sqlite_sequence");
      for (const [index, { createdAt, status }] of drawn.entries())
        insert.run(`${index}`, status, createdAt ?? 0);
      const [narrow, wide] = [true, false].map((isNarrow) => {
        const { sql, values } = listStatementOf(query, { narrow: isNarrow });
        return database.prepare(sql).all(values);
      });
      expect(narrow).toEqual(wide);
    }),
  );
});
