// Goal: what is no database, and no function, is told before anything runs, whoever gives it.
import { expect, test } from "vitest";
import { Barrier } from "./barrier.ts";
import { createBarrierTable } from "./create-barrier-table.ts";

const barrier = (): Barrier => new Barrier({ gid: "g1", transType: "saga", branchId: "01", op: "action" });

test.for([
  [undefined, "undefined"],
  [null, "null"],
  ["mysql://user:secret@host/db", "a string"],
  [7, "a number"],
] as const)("%o in place of a database is refused", async ([given, named]) => {
  const calling = barrier().call(given as never, async () => "ran");
  await expect(calling).rejects.toMatchObject({
    code: "invalid_argument",
    message: `barrier.call() got ${named} in place of a database; give it a pool or connection of mysql2/promise or pg, a DatabaseSync of node:sqlite, or a BarrierDatabase of your own.`,
  });
  await expect(barrier().callInTransaction(given as never, async () => "ran")).rejects.toThrow(
    `barrier.callInTransaction() got ${named} in place of a database`,
  );
});

test("what is no function is refused before the database hears of it", async () => {
  const database = { tableDefault: "barrier", connect: () => Promise.reject(new Error("asked")) };
  await expect(barrier().call(database, undefined as never)).rejects.toMatchObject({
    code: "invalid_argument",
    message: "barrier.call() got undefined in place of the function that does the work; give it one.",
  });
});

test.for([undefined, null, 7])("Barrier.from(%o) says what it needs", (source) => {
  expect(() => Barrier.from(source as never)).toThrow(/^invalid trans info: .* in place of a request/);
});

test("createBarrierTable refuses what it cannot speak to", async () => {
  await expect(createBarrierTable(undefined as never)).rejects.toThrow(
    "createBarrierTable() got undefined in place of a database",
  );
  const own = { tableDefault: "barrier", connect: () => Promise.reject(new Error("asked")) };
  await expect(createBarrierTable(own as never)).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(/run the statements of barrierTable\(dialect, name\) yourself/),
  });
});
