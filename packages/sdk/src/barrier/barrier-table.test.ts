// The real databases run these statements in the barrier's contract; here is what they refuse, and what must not change.
import { LockstepError } from "@lockstep/protocol";
import { describe, expect, test } from "vitest";
import { barrierTable } from "./barrier-table.ts";

describe("barrierTable", () => {
  test.for([
    ["mysql", undefined, "create database if not exists dtm_barrier"],
    ["mysql", "shop.barrier", "create database if not exists shop"],
  ] as const)("for %s makes the place of %s first", ([dialect, name, first]) => {
    expect(barrierTable(dialect, name)[0]).toBe(first);
  });

  test.for([
    ["mysql", "create table if not exists own ("],
    ["sqlite", "create table if not exists own ("],
  ] as const)("for %s without a schema makes the table only", ([dialect, first]) => {
    expect(barrierTable(dialect, "own")[0]?.startsWith(first)).toBe(true);
  });

  test.for([
    [
      undefined,
      "create schema if not exists dtm_barrier;",
      "create table if not exists dtm_barrier.barrier (",
    ],
    ["own", "create table if not exists own ("],
  ] as const)("for postgres, and the name %s, is one statement that makes it all", ([name, ...made]) => {
    const [statement = "", ...others] = barrierTable("postgres", name);
    expect(others).toEqual([]);
    const creates = [...statement.matchAll(/^ *(create (?:schema|table).*)$/gm)].map(([, create]) => create);
    expect(creates).toEqual(made);
  });

  test("names PostgreSQL's constraint as dtm's clients call it", () => {
    expect(barrierTable("postgres").join()).toContain(
      "constraint uniq_barrier unique (gid, branch_id, op, barrier_id)",
    );
  });

  test.for(["mysql", "postgres", "sqlite"] as const)("for %s makes all columns of dtm's table", (dialect) => {
    const statements = barrierTable(dialect).join("\n");
    const columns = [...statements.matchAll(/^ *(\w+) (?:bigint|varchar|datetime|timestamp|integer|text)/gm)];
    expect(columns.map(([, column]) => column)).toEqual([
      "id",
      ...["trans_type", "gid", "branch_id", "op", "barrier_id", "reason"],
      ...["create_time", "update_time"],
    ]);
    expect(statements).toMatch(/unique (?:key )?\(gid, branch_id, op, barrier_id\)/);
  });

  test("for mysql compares bytes, and indexes what old rows are found by", () => {
    const statements = barrierTable("mysql").join("\n");
    expect(statements).toContain("default charset = utf8mb4 collate = utf8mb4_bin");
    expect(statements).toContain("key (create_time)");
  });

  test.for([
    [
      "postgres",
      undefined,
      "create index if not exists barrier_create_time on dtm_barrier.barrier (create_time)",
    ],
    ["postgres", undefined, "if to_regclass('dtm_barrier.barrier_create_time') is null then"],
    ["postgres", undefined, "perform pg_advisory_xact_lock(hashtext('create dtm_barrier.barrier'));"],
    ["postgres", "own", "create index if not exists own_create_time on own (create_time)"],
    ["postgres", "own", "if to_regclass('own_create_time') is null then"],
    ["postgres", "own", "if to_regclass('own') is null then\n    create table"],
    ["postgres", undefined, "if to_regclass('dtm_barrier.barrier') is null then\n    create schema"],
    ["sqlite", undefined, "create index if not exists barrier_create_time on barrier (create_time)"],
    ["sqlite", "side.own", "create index if not exists side.own_create_time on own (create_time)"],
  ] as const)("for %s and the name %s says: %s", ([dialect, name, part]) => {
    expect(barrierTable(dialect, name).join("\n")).toContain(part);
  });

  test("for sqlite is the table and its index, one statement each", () => {
    expect(barrierTable("sqlite").map((statement) => statement.slice(0, 34))).toEqual([
      "create table if not exists barrier",
      "create index if not exists barrier",
    ]);
  });

  test.for(["b", "_", "barrier_1", "B9", "a$b", "a$", "shop.barrier", "_s1._t2", "S.T", "s.a$b"])(
    "takes the name %j",
    (name) => {
      expect(barrierTable("mysql", name).at(-1)).toContain(`create table if not exists ${name} (`);
    },
  );

  test.for([
    ...["", "a b", "a;drop table x", "a.b.c", "a-b", "`a`", '"a"', "1a", "a.", "a$create$b"],
    ...["$a", "a.$b", "a.1b", ".a", "a..b", "a.b$c$d", "a$b.c$d", " a", "a ", "a\n", "\na", "ä", "-", "a.-"],
  ])("refuses the name %j", (name) => {
    const make = (): unknown => barrierTable("mysql", name);
    expect(make).toThrow(LockstepError);
    expect(make).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(make).toThrow(
      `"${name}" cannot name the barrier's table; write table or schema.table, of letters, digits, "_" and at most one "$".`,
    );
  });
});
