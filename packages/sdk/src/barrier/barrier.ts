import { LockstepError } from "@lockstep/protocol";
import { type BranchContext, branchContextOf } from "../branch/branch-context.ts";
import { Failure } from "../branch/failure.ts";
import { databaseOf, openTransactionOf, quotedValue } from "./adapters.ts";
import type { BarrierDatabase, OpenTransaction } from "./barrier-adapter.ts";
import { checkedTableName } from "./barrier-table.ts";
import { borrowConnection } from "./borrowed-connection.ts";
import { checkNotWithin, checkUsable, duringTurn } from "./connection-turns.ts";
import { DuplicatedError } from "./duplicated-error.ts";
import { type BarrierEntry, barrierEntryOf, type InsertedRows, mayRefuse, verdictOf } from "./entry.ts";
import { lendConnection, ownConnectionOf } from "./lent-connection.ts";
import type { MysqlConnection, MysqlPool, MysqlPoolConnection } from "./mysql-connection.ts";
import { endedBefore } from "./open-transaction-error.ts";
import { warningOfEmptyUndo } from "./other-tables.ts";
import type { PgClient, PgPool, PgPoolClient } from "./postgres.ts";
import { processWarning } from "./process-warning.ts";
import type { SqliteDatabase } from "./sqlite.ts";
import { aboutTable } from "./table-problem.ts";

/** How a barrier works. */
export interface BarrierOptions {
  /** The barrier's table. Default: `dtm_barrier.barrier` in MySQL and PostgreSQL, `barrier` in SQLite. */
  readonly table?: string;
  /**
   * Is told when an undo finds no row in the barrier's table while there are other tables like it: the action may have
   * written its row there. Once for each pool or connection. Default: a warning of the process.
   */
  readonly warn?: (message: string) => void;
}

/** How one `Barrier.call` is made. */
export interface BarrierCallOptions {
  /**
   * Ends the call before its commit; the call then rejects with the signal's reason. While the call waits for a
   * connection of the pool, or for its turn, it ends at once. Later it ends when `business` is done, and rolls back.
   */
  readonly signal?: AbortSignal;
}

/** A single connection of a library that the SDK knows. */
export type BarrierClient = MysqlConnection | PgClient | SqliteDatabase;

/**
 * Makes one op of one branch take effect at most once, whatever is lost, repeated or late: a duplicate does nothing,
 * a compensation whose action never ran does nothing (null compensation), and an action that comes after its
 * compensation does nothing (dangling action). In all three cases the branch answers success.
 *
 * The barrier writes rows into a table of the business's own database, in the business's own transaction. Make a new
 * barrier for each branch call. A branch that uses several databases, or one database several times, calls the
 * barrier once for each, in the same order every time.
 */
export class Barrier {
  /** Which op of which branch the barrier is for. */
  readonly context: BranchContext;
  readonly #table: string | undefined;
  readonly #warn: (message: string) => void;
  #callCount = 0;

  /**
   * The barrier for the branch call that `context` names.
   * @throws LockstepError `invalid_argument` for a context with an empty part, and for a table name that needs quoting
   */
  constructor(context: BranchContext, options: BarrierOptions = {}) {
    this.context = branchContextOf(context);
    this.#table = options.table === undefined ? undefined : checkedTableName(options.table);
    this.#warn = options.warn ?? processWarning;
  }

  /**
   * The barrier of the branch call that `source` is about: a `BranchContext`; a request of Fastify, Express, Nest, Koa,
   * Hono, node:http or fetch; a URL or a parsed query; a grpc-js call or its metadata; a Connect handler context.
   * @throws LockstepError `invalid_argument` (`invalid trans info: …`) when a coordinator did not make the call
   */
  static from(source: object | string, options: BarrierOptions = {}): Barrier {
    return new Barrier(branchContextOf(source), options);
  }

  /**
   * Runs `business` in a transaction of its own, if this op is to take effect. After the commit it resolves to what
   * `business` returned, or to undefined when there was nothing to do.
   *
   * Whatever `business` throws rolls everything back, the barrier's rows too, and is thrown on. Throw `Failure` to
   * refuse for good. Let the database's errors pass: then the coordinator asks again. Where the database refuses the data
   * itself, which no repeat can change, an action throws a `Failure` with the database's error as its cause.
   *
   * `business` must not end the transaction, by `commit` or `rollback` or, in MySQL, by a statement that commits. It is
   * refused, and the call rejects. What is sent on `tx` after `business` has ended is refused too.
   *
   * A pool lends a connection for the time of the call. On a single connection, and so on a SQLite database, calls
   * wait for each other. Send no other statements on it during a call: they would be part of the call's transaction.
   * @throws DuplicatedError
   * @throws LockstepError `invalid_argument` when a transaction is open on the connection already, for a call within a
   * call on the same pool or connection, and when `business` ends the transaction
   */
  call<C extends PgPoolClient, T>(
    pool: PgPool<C>,
    business: (tx: C) => Promise<T>,
    options?: BarrierCallOptions,
  ): Promise<T | undefined>;
  /** The same on a pool of mysql2/promise. */
  call<C extends MysqlPoolConnection, T>(
    pool: MysqlPool<C>,
    business: (tx: C) => Promise<T>,
    options?: BarrierCallOptions,
  ): Promise<T | undefined>;
  /** The same on a single connection of pg or mysql2/promise, or on a database of node:sqlite. */
  call<C extends BarrierClient, T>(
    connection: C,
    business: (tx: C) => Promise<T> | T,
    options?: BarrierCallOptions,
  ): Promise<T | undefined>;
  /** The same on a database of any other library, which the caller has adapted. */
  call<Tx extends object, T>(
    database: BarrierDatabase<Tx>,
    business: (tx: Tx) => Promise<T> | T,
    options?: BarrierCallOptions,
  ): Promise<T | undefined>;
  call<T>(
    db: object,
    business: (tx: never) => Promise<T> | T,
    options: BarrierCallOptions = {},
  ): Promise<T | undefined> {
    return this.#numbered((call) => {
      const database = databaseOf(db);
      checkBusiness(business, "call");
      checkNotWithin(db);
      return this.#transaction(database, { db, call, business: business as Business<T>, options });
    });
  }

  /**
   * Runs `business` within a transaction that is open on `connection`, if this op is to take effect. When this
   * resolves, the caller commits, also where there was nothing to do, because the barrier's rows must stay. When this
   * rejects, the caller rolls back. `OpenTransaction` is for a library that the SDK does not know.
   * @throws DuplicatedError
   * @throws LockstepError `invalid_argument` when no transaction is open
   */
  callInTransaction<T>(
    connection: BarrierClient | OpenTransaction,
    business: () => Promise<T> | T,
  ): Promise<T | undefined> {
    return this.#numbered(async (call) => {
      const transaction = openTransactionOf(ownConnectionOf(connection));
      checkBusiness(business, "callInTransaction");
      const entry = barrierEntryOf(this.context, call);
      try {
        checkUsable(transaction.connection);
        const table = this.#table ?? transaction.tableDefault;
        const inserted = await transaction.enter(table, entry).catch((error: unknown) => {
          throw aboutTable(error, { table, gid: this.context.gid });
        });
        if (!this.#isToRun(entry, inserted)) {
          if (inserted.origin) await this.#warnOfEmptyUndo(transaction.connection, table, transaction);
          return undefined;
        }
        const result = await this.#refusing(transaction, business).catch(async (error: unknown) => {
          // A business that has committed and then fails must not be skipped as done by the next call.
          await transaction.checkOpen().catch(() => undefined);
          throw error;
        });
        await transaction.checkOpen();
        return result;
      } finally {
        transaction.release();
      }
    });
  }

  async #transaction<T>(
    database: BarrierDatabase<object>,
    {
      db,
      call,
      business,
      options: { signal },
    }: { db: object; call: number; business: Business<T>; options: BarrierCallOptions },
  ): Promise<T | undefined> {
    const table = this.#table ?? database.tableDefault;
    const entry = barrierEntryOf(this.context, call);
    const { connection, giveBack } = await borrowConnection(database, signal);
    const held = [db, database.onlyConnection ?? connection.tx];
    let state: "usable" | "broken" = "usable";
    try {
      signal?.throwIfAborted();
      const inserted = await connection.begin(table, entry).catch((error: unknown) => {
        throw aboutTable(error, { table, gid: this.context.gid });
      });
      const isToRun = this.#isToRun(entry, inserted);
      const run = () => this.#refusing(database, () => lending(connection.tx, business));
      const result = isToRun ? await duringTurn(held, run) : undefined;
      signal?.throwIfAborted();
      await connection.checkOpen();
      await connection.commit();
      if (inserted.origin) await this.#warnOfEmptyUndo(db, table, connection);
      return result;
    } catch (error) {
      // The caller must hear the first error. That a rollback fails too only tells that the connection is gone.
      await connection.rollback().catch(() => {
        state = "broken";
      });
      throw error;
    } finally {
      giveBack(state);
    }
  }

  async #warnOfEmptyUndo(db: object, table: string, { otherTables }: AsksForTables): Promise<void> {
    const { gid, branchId, op } = this.context;
    const warning = await warningOfEmptyUndo({ db, table, otherTables }, `The op ${gid} ${branchId} ${op}`);
    if (warning === undefined) return;
    try {
      this.#warn(warning);
    } catch {
      // The undo is committed. A log that fails must not make it look as if it were not.
    }
  }

  /** Runs `business`, for which an error of data that no repeat can change is a refusal. @throws Failure */
  async #refusing<T>(
    { refusalOf }: Pick<BarrierDatabase<object>, "refusalOf">,
    business: () => Promise<T> | T,
  ): Promise<T> {
    try {
      return await business();
    } catch (error) {
      const name = mayRefuse(this.context.op) ? refusalOf?.(error) : undefined;
      if (name === undefined) throw error;
      // The database's own text may quote data; it stays in the cause.
      throw new Failure(`The database refused the data (${name}), which asking again cannot change.`, {
        cause: error,
      });
    }
  }

  /** Whether the business is to run. @throws DuplicatedError; LockstepError `invalid_argument` for a row that a person must see to */
  #isToRun(entry: BarrierEntry, inserted: InsertedRows): boolean {
    if (inserted.endedWithin === true) throw endedBefore(this.context);
    const verdict = verdictOf(entry, inserted);
    if (verdict === "duplicated") throw new DuplicatedError(this.context.gid);
    return verdict === "run";
  }

  /**
   * Numbers the calls. A call that failed has left no row, and gives its number back. So a branch that tries again at
   * once (after a deadlock, say) writes the row that its compensation will look for.
   */
  async #numbered<T>(work: (call: number) => Promise<T>): Promise<T> {
    const call = ++this.#callCount;
    try {
      return await work(call);
    } catch (error) {
      if (this.#callCount === call) this.#callCount--;
      throw error;
    }
  }
}

/** The compiler refuses anything else. A caller in plain JavaScript has no compiler. */
function checkBusiness(business: unknown, method: string): void {
  if (typeof business === "function") return;
  throw new LockstepError(
    "invalid_argument",
    `barrier.${method}() got ${quotedValue(business)} in place of the function that does the work; give it one.`,
  );
}

type AsksForTables = Pick<OpenTransaction, "otherTables">;

type Business<T> = (tx: object) => Promise<T> | T;

/** Runs `business` with `tx`, which it has no longer than that. */
async function lending<T>(tx: object, business: Business<T>): Promise<T> {
  const lent = lendConnection(tx);
  try {
    return await business(lent.tx);
  } finally {
    lent.end();
  }
}
