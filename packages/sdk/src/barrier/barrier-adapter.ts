/**
 * What the barrier needs of a database library. For each library that the SDK knows there is one file with its
 * adapter, and a row in `adapters.ts`. Whoever uses another library writes a `BarrierDatabase` for it and gives that
 * to `barrier.call`, or an `OpenTransaction` for `barrier.callInTransaction`.
 *
 * The barrier relies on these rules:
 *
 * - T1: the rows of the entry and the statements of the business are in one transaction of one database. Either both
 *   are committed or neither is.
 * - T2: the rows are inserted in the order of `barrierRowsOf`. A row whose key (`gid`, `branch_id`, `op`,
 *   `barrier_id`) is there already is left as it is. A row that another open transaction has inserted is waited for,
 *   until that transaction ends.
 * - T3: the barrier is told which rows were new. From that alone it decides whether the business runs (`verdictOf` in
 *   `entry.ts`, B1 to B3).
 * - T4: a lost transaction is never taken for a committed one: `checkOpen` or `commit` rejects.
 */
import type { BarrierEntry, InsertedRows } from "./entry.ts";

/** A database as `barrier.call` uses it: it lends connections, and each call runs in a transaction on one of them. */
export interface BarrierDatabase<Tx extends object> {
  /** The barrier's table, unless `BarrierOptions.table` names another: `table` or `schema.table`. */
  readonly tableDefault: string;
  /**
   * The connection that all calls share, where there is only one. The barrier then lets one call at a time use it, and
   * no call after one whose rollback failed. It is the object by which a connection is known again: give the same one
   * every time. Default: `connect` answers a connection that nobody else uses, as a pool does.
   */
  readonly onlyConnection?: object;
  /**
   * Answers a connection that nobody else uses until its `release`.
   * @throws LockstepError `invalid_argument` when a transaction is open on it; that transaction must live on
   */
  connect(): Promise<BarrierConnection<Tx>>;
  /**
   * How the database names `error`, if it is an error of data that no repeat can change: a text too long, a constraint. Then
   * an action throws a `Failure` in its place, with the name and with `error` as its cause. Default: there are none.
   */
  refusalOf?(error: unknown): string | undefined;
}

/** A connection for one call of `barrier.call`. The barrier calls its methods one after the other. */
export interface BarrierConnection<Tx extends object> {
  /** What the business gets, to run its statements on. */
  readonly tx: Tx;
  /** Begins a transaction and inserts the rows of `entry` into `table`. Answers which of them were new (T2, T3). */
  begin(table: string, entry: BarrierEntry): Promise<InsertedRows>;
  /** Rejects when the transaction of `begin` is no longer there to be committed (T4); called after the business. */
  checkOpen(): Promise<void>;
  /** Commits. Rejects when the transaction was not committed, or nobody knows whether it was (T4). */
  commit(): Promise<void>;
  /** Rolls back; also called when `begin` has failed, so it must do no harm where no transaction is open. */
  rollback(): Promise<void>;
  /**
   * The names of the other tables that have a barrier's columns. Asked once, when an undo has found no row in `table`, for
   * a warning. Default: nobody is warned.
   */
  otherTables?(table: string): Promise<readonly string[]>;
  /** Gives the connection back. One that is `broken` may still be in the transaction: nobody may use it again. */
  release(state: "usable" | "broken"): void;
}

/** A transaction that the caller has opened, as `barrier.callInTransaction` uses it. */
export interface OpenTransaction {
  /** The barrier's table, unless `BarrierOptions.table` names another: `table` or `schema.table`. */
  readonly tableDefault: string;
  /** The connection that the transaction is open on: the same object as `BarrierDatabase.onlyConnection`. */
  readonly connection: object;
  /**
   * Inserts the rows of `entry` into `table` within the open transaction. Answers which of them were new (T2, T3).
   * @throws LockstepError `invalid_argument` when no transaction is open; then no row is left
   */
  enter(table: string, entry: BarrierEntry): Promise<InsertedRows>;
  /** Rejects when the transaction is no longer there to be committed (T4); called after the business. */
  checkOpen(): Promise<void>;
  /**
   * How the database names `error`, if it is an error of data that no repeat can change: a text too long, a constraint. Then
   * an action throws a `Failure` in its place, with the name and with `error` as its cause. Default: there are none.
   */
  refusalOf?(error: unknown): string | undefined;
  /**
   * The names of the other tables that have a barrier's columns. Asked once, when an undo has found no row in `table`, for
   * a warning. Default: nobody is warned.
   */
  otherTables?(table: string): Promise<readonly string[]>;
  /** Called once, at the end, whatever has happened: takes off what `enter` has put on the connection. */
  release(): void;
}

/** How the barrier knows and uses what one database library gives: one row of `ADAPTERS`. */
export interface BarrierAdapter<Db extends object, Tx extends object> {
  /** Whether `value` is of this kind. It looks at the shape only, as two copies of a library have two classes. */
  knows(value: object): value is Db;
  /** Whose SQL the database speaks. Default: the SDK does not know. */
  readonly dialect?: "mysql" | "postgres" | "sqlite";
  /** The database behind `db`, for `barrier.call`. Default: none, as when `db` is no more than an open transaction. */
  database?(db: Db): BarrierDatabase<Tx>;
  /** The transaction open on `db`, for `barrier.callInTransaction`. Default: none, as with a pool. */
  openTransaction?(db: Db): OpenTransaction;
}
