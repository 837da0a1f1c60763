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

  test.for(["", "a b", "a;drop table x", "a.b.c", "a-b", "`a`", '"a"', "1a", "a.", "a$create$b"])(
    "refuses the name %j",
    (name) => {
      expect(() => barrierTable("mysql", name)).toThrow(LockstepError);
    },
  );
});
