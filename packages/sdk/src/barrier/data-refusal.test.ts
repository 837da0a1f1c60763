// Goal: an error that the data itself causes is told from one that a repeat may not meet. Real databases throw such errors in
// the barrier's contract; here are the numbers.
import { expect, test } from "vitest";
import { dataRefusalOf, mysqlRefusalOf, postgresRefusalOf, sqliteRefusalOf } from "./data-refusal.ts";

const errorOf = (members: object): Error => Object.assign(new Error("of the database"), members);

test.for([1048, 1264, 1265, 1292, 1364, 1365, 1366, 1406, 1451, 1452, 1690, 3819, 3988, 4025])(
  "MySQL %i is a refusal",
  (errno) => {
    expect(mysqlRefusalOf(errorOf({ errno, sqlState: "HY000", code: "ER_X" }))).toBe(`MySQL ${errno} ER_X`);
  },
);

// A taken key, a missing table, a deadlock, lock waits, too many connections, read only, a lost connection.
test.for([1062, 1146, 1213, 1205, 1040, 1290, 2013])("MySQL %i is not", (errno) => {
  expect(mysqlRefusalOf(errorOf({ errno, sqlState: "HY000", code: "ER_X" }))).toBeUndefined();
});

test.for(["22001", "22003", "22007", "22P02", "22021", "23001", "23502", "23503", "23514"])(
  "PostgreSQL %s is a refusal",
  (code) => {
    expect(postgresRefusalOf(errorOf({ code, severity: "ERROR" }))).toBe(`PostgreSQL ${code}`);
  },
);

test.for([
  "23505",
  "23P01",
  "25P02",
  "40001",
  "40P01",
  "42P01",
  "53300",
  "55P03",
  "57014",
  "08006",
  "ECONNRESET",
])("PostgreSQL %s is not", (code) => {
  expect(postgresRefusalOf(errorOf({ code, severity: "ERROR" }))).toBeUndefined();
});

test.for([18, 19, 20, 275, 787, 1299, 1555, 2067])("SQLite %i is a refusal", (errcode) => {
  expect(sqliteRefusalOf(errorOf({ errcode }))).toBe(`SQLite ${errcode}`);
});

test.for([1, 5, 6, 8, 10, 13, 261, 517])("SQLite %i is not", (errcode) => {
  expect(sqliteRefusalOf(errorOf({ errcode }))).toBeUndefined();
});

test("better-sqlite3 names the code", () => {
  expect(sqliteRefusalOf(errorOf({ code: "SQLITE_CONSTRAINT_CHECK" }))).toBe(
    "SQLite SQLITE_CONSTRAINT_CHECK",
  );
  expect(sqliteRefusalOf(errorOf({ code: "SQLITE_BUSY" }))).toBeUndefined();
});

test.for([undefined, null, "1366", 1366, new Error("1366"), { errno: 1366, sqlState: "HY000" }])(
  "%o, which no database has thrown, is not",
  (error) => {
    for (const refusalOf of [mysqlRefusalOf, postgresRefusalOf, sqliteRefusalOf, dataRefusalOf]) {
      expect(refusalOf(error)).toBeUndefined();
    }
  },
);

test("a code of another system is not taken for the database's", () => {
  expect(mysqlRefusalOf(errorOf({ errno: 1366 }))).toBeUndefined();
  expect(postgresRefusalOf(errorOf({ code: "22001" }))).toBeUndefined();
});

test("one function knows the errors of all", () => {
  expect(dataRefusalOf(errorOf({ errno: 1366, sqlState: "HY000", code: "ER_X" }))).toBe("MySQL 1366 ER_X");
  expect(dataRefusalOf(errorOf({ code: "22001", severity: "ERROR" }))).toBe("PostgreSQL 22001");
  expect(dataRefusalOf(errorOf({ errcode: 275 }))).toBe("SQLite 275");
});
