import { LockstepError } from "@lockstep/protocol";
import { type BranchContext, branchContextOf } from "../branch/branch-context.ts";
import { BARRIER_TABLE_DEFAULT, checkedTableName } from "./barrier-table.ts";
import { checkUsable, duringTurn } from "./connection-turns.ts";
import type { BarrierConnection, BarrierDatabase } from "./database.ts";
import { barrierEntryOf, verdictOf } from "./entry.ts";
import {
  isMysqlConnection,
  isMysqlPool,
  type MysqlConnection,
  type MysqlPool,
  type MysqlPoolConnection,
  mysqlConnection,
  mysqlConnectionDatabase,
  mysqlPoolDatabase,
} from "./mysql.ts";
import {
  isPgClient,
  isPgPool,
  type PgClient,
  type PgPool,
  type PgPoolClient,
  pgClientDatabase,
  pgConnection,
  pgPoolDatabase,
} from "./postgres.ts";
import { isSqliteDatabase, type SqliteDatabase, sqliteConnection, sqliteDatabase } from "./sqlite.ts";

export interface BarrierOptions {
  /** The barrier's table. Default: `dtm_barrier.barrier` in MySQL and PostgreSQL, `barrier` in SQLite. */
  readonly table?: string;
}

export interface BarrierCallOptions {
  /**
   * When it aborts before the commit, the call rejects with its reason: at once while it waits for a connection of the pool or
   * for its turn, else once `business` is done, and then the transaction is rolled back.
   */
  readonly signal?: AbortSignal;
}

/** A single connection of a supported library. */
export type BarrierClient = MysqlConnection | PgClient | SqliteDatabase;

/**
 * The message's own part has run already, or the check-back has found that it never will; nothing was done now.
 * Thrown for op `msg` only: other ops answer success when they come twice.
 */
export class DuplicatedError extends LockstepError {
  override readonly name = "DuplicatedError";

  constructor(gid: string) {
    super(
      "wrong_status",
      `DUPLICATED: the local part of the message ${gid} has run already, or was given up by the check-back.`,
      { gid },
    );
  }
}

/**
 * Makes one op of one branch take effect at most once, whatever is lost, repeated or late: a duplicate does nothing,
 * a compensation whose action never ran does nothing (null compensation), and an action that comes after its
 * compensation does nothing (dangling action). In all three the branch answers success.
 *
 * It works by rows in a table of the business's own database, written in the business's own transaction. Make a
 * new one for each branch call. A branch that uses several databases, or one several times, calls it once for each, in the same order every time.
 */
export class Barrier {
  readonly context: BranchContext;
  readonly #table: string | undefined;
  #callCount = 0;

  constructor(context: BranchContext, options: BarrierOptions = {}) {
    this.context = branchContextOf(context);
    this.#table = options.table === undefined ? undefined : checkedTableName(options.table);
  }

  /**
   * The barrier of the branch call that `source` is about: a `BranchContext`; a request of Fastify, Express, Nest, Koa, Hono,
   * node:http or fetch; a URL or a parsed query; a grpc-js call or its metadata; a Connect handler context.
   * @throws LockstepError `invalid_argument` (`invalid trans info: …`) when a coordinator did not make the call
   */
  static from(source: object | string, options: BarrierOptions = {}): Barrier {
    return new Barrier(branchContextOf(source), options);
  }

  /**
   * Runs `business` in a transaction of its own, if this op is to take effect. Resolves, after the commit, to what `business`
   * returned, or to undefined when there was nothing to do.
   *
   * Whatever `business` throws rolls everything back, the barrier's rows too, and is thrown on: throw `Failure` to
   * refuse for good, and let errors of the database pass, which makes the coordinator ask again. A pool lends a connection
   * for the time of the call; on a single connection, and so on a SQLite database, calls wait for each other, and
   * other statements must not be sent meanwhile: they would be part of the transaction, and none may be open before.
   * @throws DuplicatedError
   * @throws LockstepError `invalid_argument` when a transaction is open on `connection`
   */
  call<C extends PgPoolClient, T>(
    pool: PgPool<C>,
    business: (tx: C) => Promise<T>,
    options?: BarrierCallOptions,
  ): Promise<T | undefined>;
  call<C extends MysqlPoolConnection, T>(
    pool: MysqlPool<C>,
    business: (tx: C) => Promise<T>,
    options?: BarrierCallOptions,
  ): Promise<T | undefined>;
  call<C extends BarrierClient, T>(
    connection: C,
    business: (tx: C) => Promise<T> | T,
    options?: BarrierCallOptions,
  ): Promise<T | undefined>;
  call<T>(
    db: object,
    business: (tx: never) => Promise<T> | T,
    options: BarrierCallOptions = {},
  ): Promise<T | undefined> {
    return this.#numbered((call) =>
      this.#transaction(databaseOf(db), { call, business: business as Business<T>, options }),
    );
  }

  /**
   * The same within a transaction that is open on `connection`. Afterwards the caller commits, also when there was nothing to
   * do, because the barrier's rows must stay; when this rejects, the caller rolls back.
   * @throws DuplicatedError
   * @throws LockstepError `invalid_argument` when no transaction is open
   */
  callInTransaction<T>(connection: BarrierClient, business: () => Promise<T> | T): Promise<T | undefined> {
    return this.#numbered(async (call) => {
      checkUsable(connection);
      const { adapted, table } = openConnectionOf(connection);
      const entry = barrierEntryOf(this.context, call);
      try {
        const verdict = verdictOf(entry, await adapted.enter(this.#table ?? table, entry));
        if (verdict === "duplicated") throw new DuplicatedError(this.context.gid);
        if (verdict !== "run") return undefined;
        const result = await business();
        await adapted.checkOpen();
        return result;
      } finally {
        adapted.release("usable");
      }
    });
  }

  async #transaction<T>(
    database: BarrierDatabase<object>,
    {
      call,
      business,
      options: { signal },
    }: { call: number; business: Business<T>; options: BarrierCallOptions },
  ): Promise<T | undefined> {
    const table = this.#table ?? database.tableDefault;
    const entry = barrierEntryOf(this.context, call);
    const connection = await connected(database, signal);
    let state: "usable" | "broken" = "usable";
    try {
      signal?.throwIfAborted();
      const verdict = verdictOf(entry, await connection.begin(table, entry));
      if (verdict === "duplicated") throw new DuplicatedError(this.context.gid);
      const result =
        verdict === "run" ? await duringTurn(connection.tx, () => business(connection.tx)) : undefined;
      signal?.throwIfAborted();
      await connection.checkOpen();
      await connection.commit();
      return result;
    } catch (error) {
      // What went wrong first is what the caller must hear; a rollback that fails too only tells that the connection is gone.
      await connection.rollback().catch(() => {
        state = "broken";
      });
      throw error;
    } finally {
      connection.release(state);
    }
  }

  /**
   * Numbers the calls. A call that failed has left nothing behind and gives its number back, so that a branch that
   * tries again at once (after a deadlock, say) writes the row that its compensation will look for.
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

/** A connection, unless `signal` aborts first. What comes after that is given back. */
async function connected(
  database: BarrierDatabase<object>,
  signal: AbortSignal | undefined,
): Promise<BarrierConnection<object>> {
  if (signal === undefined) return database.connect();
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const connecting = database.connect();
  try {
    return await Promise.race([connecting, aborted.promise]);
  } catch (error) {
    // Where connecting itself has failed there is nothing to give back.
    connecting.then(
      (late) => late.release("usable"),
      () => undefined,
    );
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

type Business<T> = (tx: object) => Promise<T> | T;

function databaseOf(db: object): BarrierDatabase<object> {
  if (isPgPool(db)) return pgPoolDatabase(db);
  if (isMysqlPool(db)) return mysqlPoolDatabase(db);
  if (isPgClient(db)) return pgClientDatabase(db);
  if (isMysqlConnection(db)) return mysqlConnectionDatabase(db);
  if (isSqliteDatabase(db)) return sqliteDatabase(db);
  throw unknownDatabase(db);
}

/** The connection with the caller's open transaction; a pool would give a different one, without it. */
function openConnectionOf(connection: object): { adapted: BarrierConnection<object>; table: string } {
  if (isPgClient(connection))
    return { adapted: pgConnection(connection), table: BARRIER_TABLE_DEFAULT.postgres };
  if (isMysqlConnection(connection)) {
    return { adapted: mysqlConnection(connection), table: BARRIER_TABLE_DEFAULT.mysql };
  }
  if (isSqliteDatabase(connection)) {
    return { adapted: sqliteConnection(connection), table: BARRIER_TABLE_DEFAULT.sqlite };
  }
  if (isPgPool(connection) || isMysqlPool(connection)) {
    throw new LockstepError(
      "invalid_argument",
      "callInTransaction() needs the connection that the transaction is open on, but was given a pool; use call() with a pool.",
    );
  }
  throw unknownDatabase(connection);
}

function unknownDatabase(db: object): LockstepError {
  const callbacks = "promise" in db && typeof db.promise === "function";
  return new LockstepError(
    "invalid_argument",
    callbacks
      ? "The barrier needs mysql2's promises: take the pool from mysql2/promise, or pass pool.promise()."
      : "The barrier does not know this database; give it a pool or connection of mysql2/promise or pg, or a DatabaseSync of node:sqlite.",
  );
}
