// Goal: no statement that runs while transactions are driven reads rows that it does not answer.
// Method: ask SQLite for the plan of each statement. No plan may scan the table, and a claim may not sort all due rows.
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

/** These run when a file is opened and after a clock step; they may walk over all waiting transactions. */
const RARE = new Set(["lastUpdated", "freeFromBeforeStep", "heldFromBeforeStep"]);

test.for(Object.entries(statements).filter(([name]) => !RARE.has(name)))(
  "%s finds its rows by an index",
  ([, prepared]) => {
    for (const { sourceSQL } of Array.isArray(prepared) ? prepared : [prepared]) {
      if (/^(begin|commit|rollback)/.test(sourceSQL)) continue;
      const reads = planOf(sourceSQL).filter((line) => /(SCAN|SEARCH) /.test(line));
      for (const line of reads)
        expect(line).toMatch(/^SEARCH |^SCAN transactions USING (COVERING )?INDEX transactions_(free|held)/);
    }
  },
);

test("a claim walks the free ones in the order in which they are due", () => {
  expect(planOf(statements.dueFree.sourceSQL)).toEqual([
    "SEARCH transactions USING INDEX transactions_free (next_run_at<?)",
  ]);
  expect(planOf(statements.dueHeld.sourceSQL)).toContain(
    "SEARCH transactions USING INDEX transactions_held (<expr><?)",
  );
});

/** For each row that a list finds, SQLite looks up the definition. */
const DEFINITION = ["CORRELATED SCALAR SUBQUERY 1", "SEARCH definitions USING INTEGER PRIMARY KEY (rowid=?)"];
const NEWEST_FIRST = "SEARCH transactions USING INTEGER PRIMARY KEY (rowid<?)";
const BY_STATUS = "SEARCH transactions USING INDEX transactions_status (status=?";
const BY_PARKED = "SEARCH transactions USING INDEX transactions_parked (parked=?";
const BY_DESTINATION = "SEARCH transactions USING INDEX transactions_destination (destination=?";
const PAGE = { limit: 10, bytesMax: 1_000 };
const SPAN = { createdFrom: 1 as EpochMs, createdTo: 2 as EpochMs };

test.for([
  ["all", {}, "SCAN transactions"],
  ["a page", { beforeId: 7 }, NEWEST_FIRST],
  ["one status", { status: "failed" }, `${BY_STATUS})`],
  ["a page of one status", { status: "failed", beforeId: 7 }, `${BY_STATUS} AND rowid<?)`],
  ["a wide span", SPAN, "SCAN transactions"],
  ["a page of a wide span", { ...SPAN, beforeId: 7 }, NEWEST_FIRST],
  ["one status in a wide span", { ...SPAN, status: "failed" }, `${BY_STATUS})`],
  ["the parked", { parked: true }, `${BY_PARKED})`],
  ["the parked of one status", { parked: true, status: "aborting" }, `${BY_PARKED})`],
  ["one destination", { destination: "http://a" }, `${BY_DESTINATION})`],
  ["a page of one destination", { destination: "http://a", beforeId: 7 }, `${BY_DESTINATION} AND rowid<?)`],
  [
    "the parked of one destination and status",
    { destination: "http://a", parked: true, status: "submitted" },
    `${BY_DESTINATION})`,
  ],
  ["many gids", { gidPrefix: "a" }, "SCAN transactions"],
  ["the parked of many gids", { gidPrefix: "a", parked: true }, `${BY_PARKED})`],
] as const)("a list of %s walks from the newest on, and sorts nothing", ([, query, line]) => {
  expect(planOf(listStatementOf({ ...query, ...PAGE }, { narrow: false }).sql)).toEqual([
    line,
    ...DEFINITION,
  ]);
});

test.for([
  ["a narrow span", SPAN],
  ["a page of one status in a narrow span", { ...SPAN, status: "failed", beforeId: 7 }],
] as const)("a list of %s reads only that span", ([, query]) => {
  expect(planOf(listStatementOf({ ...query, ...PAGE }, { narrow: true }).sql)).toEqual([
    "SEARCH transactions USING INTEGER PRIMARY KEY (rowid=?)",
    "LIST SUBQUERY 2",
    "SEARCH transactions USING COVERING INDEX transactions_created (created_at>? AND created_at<?)",
    ...DEFINITION,
  ]);
});

test("a list of few gids with one beginning reads only those", () => {
  const query = { gidPrefix: "a", status: "failed", parked: true, ...SPAN, ...PAGE } as const;
  const BY_GID =
    /^SEARCH transactions USING COVERING INDEX sqlite_autoindex_transactions_1 \(gid>\? AND gid<\?\)$/;
  expect(planOf(listStatementOf(query, { narrow: true }).sql)).toEqual([
    "SEARCH transactions USING INTEGER PRIMARY KEY (rowid=?)",
    "LIST SUBQUERY 2",
    expect.stringMatching(BY_GID),
    ...DEFINITION,
  ]);
  expect(planOf(spanStatementOf(query)?.sql ?? "")).toContainEqual(expect.stringMatching(BY_GID));
});

test("a span is counted in its index", () => {
  expect(planOf(spanStatementOf({ ...SPAN, ...PAGE })?.sql ?? "")).toContain(
    "SEARCH transactions USING COVERING INDEX transactions_created (created_at>? AND created_at<?)",
  );
});

test("a list is the same, whichever way it is found", () => {
  const instants = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });
  const destinations = fc.constantFrom("a:1", "b:1");
  const rows = fc.array(
    fc.record({
      createdAt: instants,
      status: fc.constantFrom("succeed", "failed"),
      parked: fc.constantFrom(1, null),
      destination: fc.option(destinations),
    }),
  );
  const queries = fc.record(
    {
      createdFrom: fc.integer({ min: 0, max: 20 }) as fc.Arbitrary<EpochMs>,
      createdTo: fc.integer({ min: 0, max: 20 }) as fc.Arbitrary<EpochMs>,
      status: fc.constantFrom("succeed", "failed"),
      transType: fc.constantFrom("saga", "tcc"),
      parked: fc.boolean(),
      destination: destinations,
      gidPrefix: fc.constantFrom("1", "2"),
      beforeId: fc.integer({ min: 1, max: 20 }),
      limit: fc.integer({ min: 1, max: 5 }),
      bytesMax: fc.constant(1_000),
    },
    { requiredKeys: ["limit", "bytesMax", "createdFrom"] },
  );
  const insert = database.prepare(
    `insert into transactions (gid, trans_type, status, version, created_at, updated_at, progress, parked, destination)
     values (?, 'saga', ?, 1, ?, 1, '', ?, ?)`,
  );
  fc.assert(
    fc.property(rows, queries, (drawn, query) => {
      database.exec("delete from transactions; delete from sqlite_sequence");
      for (const [index, { createdAt, status, parked, destination }] of drawn.entries())
        insert.run(`${index}`, status, createdAt ?? 0, parked, destination);
      const [narrow, wide] = [true, false].map((isNarrow) => {
        const { sql, values } = listStatementOf(query, { narrow: isNarrow });
        return database.prepare(sql).all(values);
      });
      expect(narrow).toEqual(wide);
    }),
  );
});
