/**
 * What the barrier promises (protocol 7.7), for every database: the same suite runs against each.
 *
 * The business of an op adds to one account: forward ops 10, undoing ops -10. So the balance tells which ran.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BranchContext } from "../branch/branch-context.ts";
import { Failure } from "../branch/failure.ts";
import { Barrier, type BarrierCallOptions } from "./barrier.ts";
import type { BarrierDialect } from "./barrier-table.ts";
import { barrierTable } from "./barrier-table.ts";
import { DuplicatedError } from "./duplicated-error.ts";

/** Runs one statement of the business, in its transaction. */
export type Run = (sql: string) => Promise<void>;

/** `barrier.call`. */
export type ContractCall = <T>(
  barrier: Barrier,
  business: (run: Run) => Promise<T>,
  options?: BarrierCallOptions,
) => Promise<T | undefined>;

/** What a test does to a single connection. */
export interface OneConnection {
  /** From now on the server does not hear of a rollback. */
  loseRollbacks(): void;
  readonly run: Run;
  /** `barrier.callInTransaction`, and nothing around it. */
  callInTransaction<T>(barrier: Barrier, business: () => Promise<T>): Promise<T | undefined>;
}

/** A real database of one kind, fresh and empty. */
export interface ContractDatabase {
  readonly dialect: BarrierDialect;
  /** The barrier's table, and how it is called where that is not the default. */
  readonly table: string;
  /** On a pool where there are pools. */
  readonly call: ContractCall;
  /** Like `call`, all on one connection that is closed afterwards. */
  onOneConnection(use: (call: ContractCall, connection: OneConnection) => Promise<void>): Promise<void>;
  /** `barrier.call`, whose business makes `within.callInTransaction(tx)`, and answers "ran". */
  callNested(
    barrier: Barrier,
    inner: { readonly within: Barrier; readonly business: (run: Run) => Promise<void> },
  ): Promise<string | undefined>;
  /** `barrier.callInTransaction` in a transaction of the caller's, which commits unless `after` throws. */
  callInTransaction(
    barrier: Barrier,
    business: () => Promise<void>,
    after: (run: Run) => Promise<void>,
  ): Promise<void>;
  /** Like `call`, on a pool that has one connection; where there are no pools, on one connection. */
  onPoolOfOne(use: (call: ContractCall) => Promise<void>): Promise<void>;
  /** A statement outside of all barriers. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Resolves when a transaction waits for another. Undefined where only one can be open at a time. */
  readonly untilBlocked: (() => Promise<void>) | undefined;
  close(): Promise<void>;
}

/** What only some kinds of database have. */
export interface ContractTraits {
  /** The statement by which a connection has the server end it. Undefined where there is no server. */
  readonly endOwnConnection: string | undefined;
  /** Whether a statement that would end the transaction is not sent. A library that the SDK does not know tells afterwards. */
  readonly guardsStatements: boolean;
}

const FORWARD = new Set(["action", "try", "msg"]);

export function barrierContract(
  name: string,
  { endOwnConnection, guardsStatements }: ContractTraits,
  open: () => Promise<ContractDatabase>,
): void {
  describe(`the barrier on ${name}`, () => {
    let db: ContractDatabase;
    let gidCount = 0;
    let gid = "";

    beforeAll(async () => {
      db = await open();
      for (const sql of barrierTable(db.dialect, db.table)) await db.query(sql);
      await db.query(
        "create table account (id integer primary key, balance integer not null check (balance < 1000))",
      );
    });
    afterAll(() => db.close());
    beforeEach(async () => {
      gid = `gid-${++gidCount}`;
      await db.query("delete from account");
      await db.query("insert into account (id, balance) values (1, 0)");
    });

    const context = (op: string): BranchContext =>
      op === "msg"
        ? { gid, transType: "msg", branchId: "00", op }
        : { gid, transType: "saga", branchId: "01", op };
    const barrierOf = (op: string): Barrier => new Barrier(context(op), { table: db.table });
    const pay = (op: string) => async (run: Run) => {
      await run(`update account set balance = balance ${FORWARD.has(op) ? "+" : "-"} 10 where id = 1`);
      return "ran" as const;
    };
    const call = (op: string) => db.call(barrierOf(op), pay(op));
    const failing = (op: string) =>
      db.call(barrierOf(op), async (run) => {
        await pay(op)(run);
        throw new Failure("no");
      });
    const balance = async (): Promise<number> => {
      const [row] = await db.query("select balance from account");
      return Number(row?.["balance"]);
    };
    const rowsLeft = async (): Promise<string[]> => {
      const rows = await db.query(
        `select branch_id, op, barrier_id, reason from ${db.table} where gid = '${gid}' order by id`,
      );
      return rows.map((row) => `${row["branch_id"]} ${row["op"]} ${row["barrier_id"]} by ${row["reason"]}`);
    };

    // An op in brackets fails in its business. `ran` lists the ops whose business took effect.
    test.for([
      { situation: "action", ops: ["action"], ran: ["action"], rows: ["01 action 01 by action"] },
      {
        situation: "compensate after action",
        ops: ["action", "compensate"],
        ran: ["action", "compensate"],
        rows: ["01 action 01 by action", "01 compensate 01 by compensate"],
      },
      {
        situation: "compensate first: null compensation",
        ops: ["compensate"],
        ran: [],
        rows: ["01 action 01 by compensate", "01 compensate 01 by compensate"],
      },
      {
        situation: "action after a null compensation: dangling",
        ops: ["compensate", "action"],
        ran: [],
        rows: ["01 action 01 by compensate", "01 compensate 01 by compensate"],
      },
      { situation: "action that fails", ops: ["(action)"], ran: [], rows: [] },
      {
        situation: "action that fails, then succeeds",
        ops: ["(action)", "action"],
        ran: ["action"],
        rows: ["01 action 01 by action"],
      },
      {
        situation: "compensate after an action that failed",
        ops: ["(action)", "compensate"],
        ran: [],
        rows: ["01 action 01 by compensate", "01 compensate 01 by compensate"],
      },
      {
        situation: "action twice",
        ops: ["action", "action"],
        ran: ["action"],
        rows: ["01 action 01 by action"],
      },
      {
        situation: "everything twice",
        ops: ["action", "action", "compensate", "compensate"],
        ran: ["action", "compensate"],
        rows: ["01 action 01 by action", "01 compensate 01 by compensate"],
      },
      {
        situation: "null compensation twice, then the action",
        ops: ["compensate", "compensate", "action"],
        ran: [],
        rows: ["01 action 01 by compensate", "01 compensate 01 by compensate"],
      },
      {
        situation: "compensate that fails, then succeeds",
        ops: ["action", "(compensate)", "compensate"],
        ran: ["action", "compensate"],
        rows: ["01 action 01 by action", "01 compensate 01 by compensate"],
      },
      {
        situation: "compensate that fails",
        ops: ["action", "(compensate)"],
        ran: ["action"],
        rows: ["01 action 01 by action"],
      },
      {
        situation: "cancel after try",
        ops: ["try", "cancel"],
        ran: ["try", "cancel"],
        rows: ["01 try 01 by try", "01 cancel 01 by cancel"],
      },
      {
        situation: "cancel without try",
        ops: ["cancel", "try"],
        ran: [],
        rows: ["01 try 01 by cancel", "01 cancel 01 by cancel"],
      },
      {
        situation: "rollback without action",
        ops: ["rollback", "action"],
        ran: [],
        rows: ["01 action 01 by rollback", "01 rollback 01 by rollback"],
      },
      {
        situation: "confirm after try, twice",
        ops: ["try", "confirm", "confirm"],
        ran: ["try", "confirm"],
        rows: ["01 try 01 by try", "01 confirm 01 by confirm"],
      },
      { situation: "msg do", ops: ["msg"], ran: ["msg"], rows: ["00 msg 01 by msg"] },
    ])("$situation", async ({ ops, ran, rows }) => {
      const took: string[] = [];
      for (const op of ops) {
        const bare = op.replace(/[()]/g, "");
        if (op !== bare) await expect(failing(bare)).rejects.toThrow(Failure);
        else if ((await call(op)) === "ran") took.push(op);
      }
      expect(took).toEqual(ran);
      expect(await rowsLeft()).toEqual(rows);
      expect(await balance()).toBe(ran.map((op) => (FORWARD.has(op) ? 10 : -10)).reduce((a, b) => a + b, 0));
    });

    test("msg do twice is DUPLICATED and rolled back", async () => {
      await call("msg");
      await expect(call("msg")).rejects.toThrow(DuplicatedError);
      expect(await balance()).toBe(10);
      expect(await rowsLeft()).toEqual(["00 msg 01 by msg"]);
    });

    test("msg do after the check-back gave it up is DUPLICATED", async () => {
      await db.query(
        `insert into ${db.table} (trans_type, gid, branch_id, op, barrier_id, reason) values ('msg', '${gid}', '00', 'msg', '01', 'rollback')`,
      );
      await expect(call("msg")).rejects.toThrow(/^DUPLICATED/);
      expect(await balance()).toBe(0);
      expect(await rowsLeft()).toEqual(["00 msg 01 by rollback"]);
    });

    test("what the business throws is thrown on, itself", async () => {
      const thrown = Object.assign(new Error("lock wait"), { errno: 1205 });
      const caught: unknown = await db
        .call(barrierOf("action"), () => Promise.reject(thrown))
        .catch((error: unknown) => error);
      expect(caught).toBe(thrown);
    });

    test.runIf(guardsStatements).for(["check", "not null"])(
      "data that a constraint refuses (%s) is a Failure of an action, and an error of an undo",
      async (constraint) => {
        const forbidden = constraint === "check" ? "1001" : "null";
        const pay = (barrier: Barrier) =>
          db.call(barrier, (run) => run(`update account set balance = ${forbidden}`));
        const refused: unknown = await pay(barrierOf("action")).catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(Failure);
        expect(refused).toMatchObject({
          message: expect.stringMatching(/^The database refused the data \((MySQL|PostgreSQL|SQLite) /),
          cause: expect.any(Error),
        });
        expect(await rowsLeft()).toEqual([]);
        await call("action");
        const undone: unknown = await pay(barrierOf("compensate")).catch((error: unknown) => error);
        expect(undone).not.toBeInstanceOf(Failure);
        expect(undone).toMatchObject({ message: expect.stringMatching(/constraint|null/i) });
      },
    );

    test("what the business returns is returned after the commit", async () => {
      expect(await db.call(barrierOf("action"), async () => ({ id: 7 }))).toEqual({ id: 7 });
      expect(await db.call(barrierOf("action"), async () => ({ id: 8 }))).toBeUndefined();
    });

    test.runIf(guardsStatements)("a table that is not there is told, with the way out", async () => {
      const lost = () => new Barrier(context("action"), { table: "no_such_place" });
      const told = {
        code: "invalid_argument",
        message: `The barrier's table no_such_place is not there. Create it with the statements of barrierTable("${db.dialect}", "no_such_place"), or name the table that is there: Barrier.from(request, { table }).`,
        cause: expect.any(Error),
      };
      await expect(db.call(lost(), async () => "ran")).rejects.toMatchObject(told);
      await db.onOneConnection(async (_, { run, callInTransaction }) => {
        await run("begin");
        await expect(callInTransaction(lost(), async () => "ran")).rejects.toMatchObject(told);
        await run("rollback");
      });
    });

    test.runIf(guardsStatements)(
      "an undo that finds no row warns once if there is another table like the barrier's",
      async () => {
        const warnings: string[] = [];
        const undo = () =>
          new Barrier({ ...context("compensate"), branchId: `0${++undoCount}` }, { table: db.table, warn });
        const warn = (message: string) => void warnings.push(message);
        let undoCount = 0;
        await db.onOneConnection(async (call) => {
          await call(undo(), pay("compensate"));
          expect(warnings).toEqual([]);
        });
        for (const sql of barrierTable(db.dialect, "elsewhere")) await db.query(sql);
        try {
          await db.onOneConnection(async (call, { run, callInTransaction }) => {
            await run("begin");
            expect(await callInTransaction(undo(), () => pay("compensate")(run))).toBeUndefined();
            await run("commit");
            expect(await call(undo(), pay("compensate"))).toBeUndefined();
          });
          await db.onOneConnection(async (call) => void (await call(undo(), pay("compensate"))));
          await db.call(new Barrier(context("action"), { table: db.table, warn }), pay("action"));
        } finally {
          await db.query("drop table elsewhere");
        }
        expect(warnings).toEqual([
          expect.stringMatching(
            /^The op gid-\d+ 02 compensate found no row .* other tables like it: (\w+\.)?elsewhere\. If/,
          ),
          expect.stringMatching(/^The op gid-\d+ 04 compensate found no row/),
        ]);
      },
    );

    test("calls of one branch are numbered, and each is its own", async () => {
      const first = barrierOf("action");
      await db.call(first, pay("action"));
      await db.call(first, pay("action"));
      const again = barrierOf("action");
      expect(await db.call(again, pay("action"))).toBeUndefined();
      expect(await db.call(again, pay("action"))).toBeUndefined();
      expect(await db.call(again, pay("action"))).toBe("ran");
      expect(await balance()).toBe(30);
      expect(await rowsLeft()).toEqual([
        "01 action 01 by action",
        "01 action 02 by action",
        "01 action 03 by action",
      ]);
    });

    test("a call that failed gives its number back, so that its compensation finds what a second try wrote", async () => {
      const barrier = barrierOf("action");
      await expect(db.call(barrier, () => Promise.reject(new Error("deadlock")))).rejects.toThrow("deadlock");
      await db.call(barrier, pay("action"));
      expect(await rowsLeft()).toEqual(["01 action 01 by action"]);
      expect(await call("compensate")).toBe("ran");
      expect(await balance()).toBe(0);
    });

    test("branches of one transaction, and transactions that differ in case only, do not meet", async () => {
      await call("action");
      await db.call(
        new Barrier({ ...context("action"), branchId: "02" }, { table: db.table }),
        pay("action"),
      );
      await db.call(
        new Barrier({ ...context("action"), gid: gid.toUpperCase() }, { table: db.table }),
        pay("action"),
      );
      expect(await balance()).toBe(30);
    });

    test.for(["it's", "a\\", "a\\' or 1=1 --", '"quoted"', "x'00'", "日本 ü 😀", "%s ? $1 :a"])(
      "a gid is stored as it is: %s",
      async (strange) => {
        const own = { ...context("compensate"), gid: `${gid} ${strange}` };
        await db.call(new Barrier(own, { table: db.table }), pay("compensate"));
        const rows = await db.query(`select gid from ${db.table} order by id desc`);
        expect(rows.slice(0, 2).map((row) => row["gid"])).toEqual([own.gid, own.gid]);
      },
    );

    test("of 20 duplicates at once one runs, and all answer success", async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => call("action")));
      expect(answers.filter((answer) => answer === "ran")).toHaveLength(1);
      expect(await balance()).toBe(10);
      const undone = await Promise.all(Array.from({ length: 20 }, () => call("compensate")));
      expect(undone.filter((answer) => answer === "ran")).toHaveLength(1);
      expect(await balance()).toBe(0);
    });

    test.for([
      { action: "succeeds", ran: ["ran", "ran"] },
      { action: "fails", ran: ["failed", undefined] },
    ] as const)(
      "a compensation waits for the action that is under way, which $action",
      async ({ action, ran }) => {
        const inBusiness = Promise.withResolvers<void>();
        const gate = Promise.withResolvers<void>();
        const acting = db
          .call(barrierOf("action"), async (run) => {
            await pay("action")(run);
            inBusiness.resolve();
            await gate.promise;
            if (action === "fails") throw new Failure("no");
            return "ran" as const;
          })
          .catch(() => "failed" as const);
        await inBusiness.promise;
        const compensating = call("compensate");
        await db.untilBlocked?.();
        gate.resolve();
        expect(await Promise.all([acting, compensating])).toEqual(ran);
        expect(await balance()).toBe(0);
      },
    );

    test("actions and compensations racing never leave more or less than nothing", async () => {
      for (let round = 0; round < 15; round++) {
        gid = `race-${gidCount}-${round}`;
        const ops = ["action", "compensate", "action", "compensate"];
        // A deadlock is an honest "unknown": the coordinator asks again, and so does this test.
        const racing = ops.map((op) => call(op).catch(() => undefined));
        await Promise.all(racing);
        await call("compensate");
        await call("action");
        expect(await balance()).toBe(0);
      }
    });

    test("a failing business gives its connection back", async () => {
      for (let i = 0; i < 30; i++) await expect(failing("action")).rejects.toThrow(Failure);
      expect(await call("action")).toBe("ran");
    });

    test("an abort before the commit rolls back and rejects with its reason", async () => {
      const reason = new Error("the caller went away");
      const gone = new AbortController();
      const calling = db.call(
        barrierOf("action"),
        async (run) => {
          await pay("action")(run);
          gone.abort(reason);
        },
        { signal: gone.signal },
      );
      await expect(calling).rejects.toBe(reason);
      expect(await balance()).toBe(0);
      expect(await rowsLeft()).toEqual([]);
    });

    test.for([
      ["a turn", "onOneConnection"],
      ["a connection of the pool", "onPoolOfOne"],
    ] as const)("an abort ends the wait for %s, and the next in line gets it", ([, on]) =>
      db[on](async (call) => {
        const reason = new Error("the caller went away");
        const gone = new AbortController();
        const [inBusiness, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const first = call(barrierOf("action"), async (run) => {
          inBusiness.resolve();
          await gate.promise;
          return pay("action")(run);
        });
        await inBusiness.promise;
        const second = call(barrierOf("compensate"), pay("compensate"), { signal: gone.signal });
        const third = call(barrierOf("confirm"), async () => "third in line");
        gone.abort(reason);
        // The first still has the connection.
        await expect(second).rejects.toBe(reason);
        gate.resolve();
        expect(await first).toBe("ran");
        expect(await third).toBe("third in line");
        expect(await rowsLeft()).toEqual(["01 action 01 by action", "01 confirm 01 by confirm"]);
      }),
    );

    test("in the caller's transaction its rows share the transaction's fate", async () => {
      const run = { count: 0 };
      const business = async () => {
        run.count++;
      };
      const rolledBack = db.callInTransaction(barrierOf("action"), business, () =>
        Promise.reject(new Error("later")),
      );
      await expect(rolledBack).rejects.toThrow("later");
      expect(await rowsLeft()).toEqual([]);
      await db.callInTransaction(
        barrierOf("action"),
        business,
        pay("action") as (run: Run) => Promise<never>,
      );
      await db.callInTransaction(barrierOf("action"), business, async () => undefined);
      expect(run.count).toBe(2);
      expect(await rowsLeft()).toEqual(["01 action 01 by action"]);
      await db.callInTransaction(barrierOf("compensate"), business, async () => undefined);
      expect(run.count).toBe(3);
      expect(await rowsLeft()).toEqual(["01 action 01 by action", "01 compensate 01 by compensate"]);
    });

    test("calls on one connection take turns, so that one's rollback is not the other's", async () => {
      await db.onOneConnection(async (call) => {
        const order: string[] = [];
        const step = Promise.withResolvers<void>();
        const first = call(barrierOf("action"), async (run) => {
          order.push("first in");
          await pay("action")(run);
          await step.promise;
          order.push("first out");
          throw new Error("first fails");
        });
        const second = call(barrierOf("action"), async (run) => {
          order.push("second in");
          await pay("action")(run);
        });
        step.resolve();
        await expect(first).rejects.toThrow("first fails");
        await second;
        expect(order).toEqual(["first in", "first out", "second in"]);
      });
      expect(await balance()).toBe(10);
    });

    test("work that outlives the turn in which it was started may take one of its own", async () => {
      await db.onOneConnection(async (call) => {
        const turnEnded = Promise.withResolvers<void>();
        const later = { work: Promise.resolve<string | undefined>("not started") };
        await call(barrierOf("action"), async () => {
          later.work = turnEnded.promise.then(() => call(barrierOf("compensate"), pay("compensate")));
        });
        turnEnded.resolve();
        expect(await later.work).toBe("ran");
      });
    });

    test("a call within a call on the same connection would wait for itself and is refused", async () => {
      await db.onOneConnection(async (call) => {
        const nested = call(barrierOf("action"), async () => {
          await Promise.resolve();
          await call(barrierOf("compensate"), pay("compensate"));
        });
        await expect(nested).rejects.toThrow(/would wait for ever/);
      });
    });

    test("one connection whose rollback failed, which may still be in its transaction, is used by nobody again", async () => {
      await db.onOneConnection(async (call, { loseRollbacks, callInTransaction }) => {
        const failing = call(barrierOf("action"), async (run) => {
          await pay("action")(run);
          loseRollbacks();
          throw new Error("the business's own");
        });
        const inLine = call(barrierOf("confirm"), async () => "ran");
        await expect(failing).rejects.toThrow("the business's own");
        await expect(inLine).rejects.toThrow(/close it and open another/);
        await expect(call(barrierOf("confirm"), async () => "ran")).rejects.toMatchObject({
          code: "unavailable",
        });
        await expect(callInTransaction(barrierOf("confirm"), async () => "ran")).rejects.toThrow(
          /close it and open another/,
        );
      });
      expect(await rowsLeft()).toEqual([]);
      expect(await balance()).toBe(0);
    });

    test("a call where the caller has a transaction open is refused, and that transaction lives on", async () => {
      await db.onOneConnection(async (call, { run }) => {
        for (const end of ["rollback", "commit"]) {
          await run("begin");
          await pay("action")(run);
          const refused = call(barrierOf("action"), pay("action"));
          await expect(refused).rejects.toThrow(/open on this connection already.*callInTransaction/);
          await run(end);
          expect(await balance()).toBe(end === "commit" ? 10 : 0);
        }
        expect(await call(barrierOf("action"), pay("action"))).toBe("ran");
      });
      expect(await balance()).toBe(20);
    });

    test.for(["action", "compensate"])(
      "callInTransaction without a transaction is refused and leaves no row of %s",
      async (op) => {
        await db.onOneConnection(async (_, { run, callInTransaction }) => {
          const refused = callInTransaction(barrierOf(op), () => pay(op)(run));
          await expect(refused).rejects.toMatchObject({
            code: "invalid_argument",
            message: expect.stringContaining("no open transaction"),
          });
          expect(await rowsLeft()).toEqual([]);
          expect(await balance()).toBe(0);
          await call("action");
          // A row that was there before is not taken away.
          await expect(callInTransaction(barrierOf("action"), () => pay("action")(run))).rejects.toThrow();
          expect(await rowsLeft()).toEqual(["01 action 01 by action"]);
        });
      },
    );

    test.runIf(!guardsStatements)("a business that ends the barrier's transaction is told", async () => {
      await db.onOneConnection(async (call, { run, callInTransaction }) => {
        const ending = () => run("rollback");
        await expect(call(barrierOf("action"), ending)).rejects.toThrow(/ended within its business/);
        await run("begin");
        await expect(callInTransaction(barrierOf("action"), ending)).rejects.toThrow(/ended within/);
      });
      expect(await rowsLeft()).toEqual([]);
    });

    const guarded = test.runIf(guardsStatements);
    guarded.for(["commit", "rollback", "ROLLBACK /* all */ ;"])(
      "a business that sends %j is refused at each repeat, and nothing of it takes effect",
      async (ending) => {
        for (let repeat = 0; repeat < 2; repeat++) {
          const calling = db.call(barrierOf("action"), async (run) => {
            await pay("action")(run);
            await run(ending);
          });
          await expect(calling).rejects.toMatchObject({
            code: "invalid_argument",
            message: expect.stringMatching(
              /would have ended the barrier's transaction by "(commit|rollback)"/,
            ),
          });
          expect(await balance()).toBe(0);
          expect(await rowsLeft()).toEqual([]);
        }
        expect(await call("compensate")).toBeUndefined();
      },
    );

    guarded(
      "a business that would end the transaction, catches that and goes on is refused all the same",
      async () => {
        const sent: string[] = [];
        const stubborn = db.call(barrierOf("action"), async (run) => {
          await run("rollback").catch(() => sent.push("rollback refused"));
          await pay("action")(run).catch(() => sent.push("update refused"));
        });
        await expect(stubborn).rejects.toThrow(/would have ended the barrier's transaction by "rollback"/);
        expect(sent).toEqual(["rollback refused", "update refused"]);
        expect(await balance()).toBe(0);
        expect(await rowsLeft()).toEqual([]);
      },
    );

    guarded(
      "a business in the caller's transaction is refused too, and by the connection itself",
      async () => {
        await db.onOneConnection(async (call, { run, callInTransaction }) => {
          const ending = () => run("rollback");
          await expect(call(barrierOf("action"), ending)).rejects.toThrow(/would have ended/);
          await run("begin");
          await expect(callInTransaction(barrierOf("action"), ending)).rejects.toThrow(/would have ended/);
          await run("rollback");
          expect(await rowsLeft()).toEqual([]);
        });
      },
    );

    test("a statement that is sent after the callback has ended is refused", async () => {
      const ended = Promise.withResolvers<void>();
      const late = { statement: Promise.resolve<unknown>("not sent") };
      await db.call(barrierOf("action"), async (run) => {
        late.statement = ended.promise.then(() => pay("action")(run));
      });
      ended.resolve();
      await expect(late.statement).rejects.toThrow(/after the callback had ended/);
      expect(await balance()).toBe(0);
    });

    test("a savepoint is the business's own", async () => {
      const ran = await db.call(barrierOf("action"), async (run) => {
        await run("savepoint mine");
        await pay("action")(run);
        await run("rollback to savepoint mine");
        await pay("action")(run);
        await run("release savepoint mine");
        return "ran";
      });
      expect(ran).toBe("ran");
      expect(await balance()).toBe(10);
    });

    test("a call within a call on a pool of one is refused, and waits for nothing", async () => {
      await db.onPoolOfOne(async (call) => {
        const nested = call(barrierOf("action"), () => call(barrierOf("confirm"), async () => "ran"));
        await expect(nested).rejects.toThrow(/connection or pool, which would wait for ever/);
        expect(await call(barrierOf("action"), async () => "ran")).toBe("ran");
      });
    });

    test("a barrier within the transaction of another has a row of its own, and both are committed", async () => {
      const within = () => new Barrier({ ...context("action"), branchId: "02" }, { table: db.table });
      const nested = () =>
        db.callNested(barrierOf("action"), {
          within: within(),
          business: async (run) => {
            await pay("action")(run);
            await run("savepoint mine");
          },
        });
      expect(await nested()).toBe("ran");
      expect(await nested()).toBeUndefined();
      expect(await balance()).toBe(10);
      expect(await rowsLeft()).toEqual(["01 action 01 by action", "02 action 01 by action"]);
      expect(await db.call(within(), async () => "ran")).toBeUndefined();
      expect(await call("compensate")).toBe("ran");
    });

    if (endOwnConnection === undefined) return;
    test("a connection that dies between business and commit leaves nothing, and the next call works", async () => {
      const crashing = db.call(barrierOf("action"), async (run) => {
        await pay("action")(run);
        await run(endOwnConnection);
      });
      await expect(crashing).rejects.toThrow();
      expect(await balance()).toBe(0);
      expect(await rowsLeft()).toEqual([]);
      expect(await call("action")).toBe("ran");
      expect(await balance()).toBe(10);
    });
  });
}
