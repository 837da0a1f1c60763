import type { BarrierEntry, Inserted } from "./entry.ts";

/** A database library as the barrier uses it. One small file per library adapts it. */
export interface BarrierDatabase<Tx extends object> {
  readonly tableDefault: string;
  /**
   * A connection that nobody else uses until `release`.
   * @throws LockstepError `invalid_argument` when a transaction is open on it
   */
  connect(): Promise<BarrierConnection<Tx>>;
}

export interface BarrierConnection<Tx extends object> {
  /** What the business runs its statements on. */
  readonly tx: Tx;
  /** Starts a transaction and inserts the entry's rows; says which were new. */
  begin(table: string, entry: BarrierEntry): Promise<Inserted>;
  /**
   * Inserts the entry's rows in the transaction that is open; says which were new.
   * @throws LockstepError `invalid_argument` when none is open; then no row is left
   */
  enter(table: string, entry: BarrierEntry): Promise<Inserted>;
  /** Rejects when the transaction with the entry's rows is no longer there to be committed. */
  checkOpen(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Gives the connection back. A broken one, which may still be in the transaction, is used by nobody again. */
  release(state: "usable" | "broken"): void;
}
