// Goal: a statement that ends the transaction is seen wherever it stands in a text, and text that only looks like one is not.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { endingStatement, mayHideEnding } from "./ending-statement.ts";

const DIALECTS = ["mysql", "postgres", "sqlite"] as const;

describe.for(DIALECTS)("in %s", (dialect) => {
  test.for([
    ["commit", "commit"],
    ["  COMMIT ;", "commit"],
    ["commit work", "commit work"],
    ["rollback", "rollback"],
    ["Rollback Work", "rollback work"],
    ["rollback; begin", "rollback"],
    ["commit and chain", "commit and"],
    ["select 1; commit", "commit"],
    ["-- a comment\ncommit", "commit"],
    ["/* a; comment */ rollback /* here */ ;", "rollback"],
    ["update t set a = 'it''s'; rollback", "rollback"],
    [";;commit", "commit"],
  ] as const)("%j ends", ([sql, words]) => {
    expect(endingStatement(sql, dialect)).toBe(words);
  });

  test.for([
    "",
    "select 1",
    "rollback to s",
    "rollback work to savepoint s",
    "rollback /* not all */ to s",
    "savepoint s",
    "release savepoint s",
    "insert into commit values (1)",
    "update t set a = 'x; commit'",
    'select "a; rollback" from t',
    "select 1 -- ; commit",
    "select 1 /* ; commit */",
    "select case when a then 1 else 2 end from t",
    "insert into t values ('it''s; commit')",
    "insert into t values ('never closed; commit",
    "with a as (select 1) select * from a",
    "select commit from t",
  ])("%j does not", (sql) => {
    expect(endingStatement(sql, dialect)).toBeUndefined();
  });

  test("no literal of any text hides a statement after it, or is one", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const doubled = text.replaceAll("'", "''");
        const literal = dialect === "mysql" ? doubled.replaceAll("\\", "\\\\") : doubled;
        const sql = `insert into t values ('${literal}')`;
        expect(endingStatement(sql, dialect)).toBeUndefined();
        expect(endingStatement(`${sql}; commit`, dialect)).toBe("commit");
      }),
    );
  });
});

describe("in mysql", () => {
  test.for([
    ["begin", "begin"],
    ["start transaction", "start transaction"],
    ["create table t (id int)", "create table"],
    ["create or replace view v as select 1", "create or"],
    ["drop table t", "drop table"],
    ["alter table t add a int", "alter table"],
    ["truncate t", "truncate t"],
    ["rename table a to b", "rename table"],
    ["lock tables t write", "lock tables"],
    ["analyze table t", "analyze table"],
    ["analyze local table t", "analyze local"],
    ["load index into cache t", "load index"],
    ["grant select on t to u", "grant select"],
    ["xa end 'x'", "xa end"],
    ["# a comment\ncommit", "commit"],
    ["/*!40101 commit */", "commit"],
    ["/*M!100100 truncate t */", "truncate t"],
    ["select 'it\\'s'; commit", "commit"],
    ["select `a;b`; commit", "commit"],
  ] as const)("%j ends", ([sql, words]) => {
    expect(endingStatement(sql, "mysql")).toBe(words);
  });

  test.for([
    "create temporary table t (id int)",
    "create or replace temporary table t (id int)",
    "drop temporary table t",
    "drop prepare s",
    "begin not atomic select 1; end",
    "analyze select 1",
    "load data infile 'x' into table t",
    "select 'it\\'s; commit'",
    'select "it\\"s; commit"',
    "select `; commit`",
    "select 1 # ; commit",
    "select 5--5; select 1",
    "select * from t for update",
    "insert into t select * from u on duplicate key update a = 1",
    "replace into t values (1)",
    "call p()",
  ])("%j does not", (sql) => {
    expect(endingStatement(sql, "mysql")).toBeUndefined();
  });
});

describe("in postgres", () => {
  test.for([
    ["abort", "abort"],
    ["end", "end"],
    ["end transaction", "end transaction"],
    ["prepare transaction 'x'", "prepare transaction"],
    ["select 'a\\'; commit", "commit"],
    ["select E'it\\'s'; commit", "commit"],
    ["do $x$ begin perform 1; end $x$; commit", "commit"],
    ["select $1; commit", "commit"],
  ] as const)("%j ends", ([sql, words]) => {
    expect(endingStatement(sql, "postgres")).toBe(words);
  });

  test.for([
    "create table t (id int)",
    "prepare s as select 1",
    "do $$ begin perform 1; end $$",
    "do $x$ begin perform '$$'; commit; end $x$",
    "select E'it\\'s; commit'",
    "create function f() returns int begin atomic select 1; end",
    "create or replace procedure p() begin atomic select 1; end",
    'select "a""b; commit"',
  ])("%j does not", (sql) => {
    expect(endingStatement(sql, "postgres")).toBeUndefined();
  });
});

describe("in sqlite", () => {
  test("`end` ends", () => expect(endingStatement("end transaction", "sqlite")).toBe("end transaction"));

  test.for([
    "create table t (id int)",
    "select [a; commit] from t",
    "select `a; commit` from t",
    "create trigger x after insert on t begin delete from u; end",
    "create temp trigger x after insert on t begin delete from u; end",
  ])("%j does not", (sql) => {
    expect(endingStatement(sql, "sqlite")).toBeUndefined();
  });
});

describe("what may hide a statement that ends", () => {
  test.for([
    "call pay(1)",
    "/* a comment */ CALL pay(1)",
    "select 1; call pay(1)",
    "execute prepared",
    "execute immediate 'commit'",
    "begin not atomic commit; end",
    "if 1 then commit; end if",
    "label: loop commit; leave label; end loop",
    "for i in 1..2 do commit; end for",
  ])("%j may", (sql) => {
    expect(mayHideEnding(sql)).toBe(true);
  });

  test.for([
    "select 1",
    "(select 1) union (select 2)",
    "select case when a then 1 end from t for update",
    "insert into t values ('call pay(1)')",
    "update t set a = if(b, 1, 2)",
    "with a as (select 1) select * from a for update",
    "select 1;",
    "rollback to savepoint mine",
    "set @a = repeat('x', 3)",
  ])("%j does not", (sql) => {
    expect(mayHideEnding(sql)).toBe(false);
  });
});
