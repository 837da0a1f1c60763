/**
 * Which rows the barrier writes, and what it decides from them (protocol 7.7). Pure.
 *
 * An op that undoes another (`compensate`, `cancel`, `rollback`) first inserts the row of the op that it undoes, the
 * origin, and then its own row. Any other op inserts its own row. A row that is there already stays as it is. All of it
 * happens in the transaction of the business, so that either the rows and the business are there or neither is. Then:
 *
 * - B1: an undoing op that could insert the origin's row came before the origin, or the origin never comes: there is
 *   nothing to undo (null compensation). Should the origin come later, it finds that row and does nothing (dangling
 *   action).
 * - B2: an op that could not insert its own row has run before, or must not run any more.
 * - B3: in all other cases the business runs.
 */
import type { BranchContext } from "../branch/branch-context.ts";

/** One row of the barrier's table. Its key is `gid`, `branchId`, `op` and `barrierId`. */
export interface BarrierRow {
  /** The mode of the global transaction: `saga`, `tcc`, `msg`, … */
  readonly transType: string;
  /** The global transaction. */
  readonly gid: string;
  /** The branch. */
  readonly branchId: string;
  /** The op that the row stands for. */
  readonly op: string;
  /** Which barrier call of the branch call it is: `01`, `02`, … */
  readonly barrierId: string;
  /** The op that wrote the row: an undoing op also writes the row of its origin. */
  readonly reason: string;
}

/** The columns of the barrier's table, for an insert, in the order of `barrierValuesOf`. */
export const BARRIER_COLUMNS = "trans_type, gid, branch_id, op, barrier_id, reason";

/** The rows that one barrier call inserts. */
export interface BarrierEntry {
  /** The row of the op that this op undoes; undefined where it undoes none. */
  readonly origin: BarrierRow | undefined;
  /** The row of this op. */
  readonly current: BarrierRow;
}

/** Which rows of an entry were new: the insert of each of the others found its key there. */
export interface InsertedRows {
  /** Whether the origin's row was new; false where there is none. */
  readonly origin: boolean;
  /** Whether the row of this op was new. */
  readonly current: boolean;
  /**
   * Whether a row that was there has the reason `ENDED_WITHIN`. The barrier then rejects, and a person must help. Default:
   * no.
   */
  readonly endedWithin?: boolean;
}

/**
 * The `reason` of a row whose call found its transaction ended by its business. The row may have been committed with a part
 * of what the business did, so the op counts neither as done nor as not done.
 */
export const ENDED_WITHIN = "ended within its business";

const ORIGIN_OPS: Readonly<Record<string, string>> = {
  cancel: "try",
  compensate: "action",
  rollback: "action",
};

/** The ops of phase two: the transaction is decided, and an op that refuses is only asked again. */
const PHASE_TWO = new Set([...Object.keys(ORIGIN_OPS), "confirm", "commit"]);

/** Whether a refusal of `op` can still roll the global transaction back. */
export function mayRefuse(op: string): boolean {
  return !PHASE_TWO.has(op);
}

/** The rows of one barrier call. `call` is its number within the branch call, from 1, and part of the key. */
export function barrierEntryOf(context: BranchContext, call: number): BarrierEntry {
  const { transType, gid, branchId, op } = context;
  const barrierId = String(call).padStart(2, "0");
  const current = { transType, gid, branchId, op, barrierId, reason: op };
  const originOp = Object.hasOwn(ORIGIN_OPS, op) ? ORIGIN_OPS[op] : undefined;
  return { origin: originOp === undefined ? undefined : { ...current, op: originOp }, current };
}

/** The rows in the order in which they must be inserted: it is the same in all calls, so that two calls cannot deadlock. */
export function barrierRowsOf({ origin, current }: BarrierEntry): readonly BarrierRow[] {
  return origin === undefined ? [current] : [origin, current];
}

/** The values of one row, in the order of `BARRIER_COLUMNS`. */
export function barrierValuesOf(row: BarrierRow): readonly string[] {
  return [row.transType, row.gid, row.branchId, row.op, row.barrierId, row.reason];
}

/**
 * What a barrier call does with its business:
 *
 * - `run`: the business runs (B3).
 * - `skip`: the business does not run (B1, B2); the rows are committed and the branch answers success.
 * - `duplicated`: the business part of a message ran before, or the check-back has decided that it never will (B2).
 */
export type Verdict = "run" | "skip" | "duplicated";

/** What follows from the rows that were new. */
export function verdictOf(entry: BarrierEntry, inserted: InsertedRows): Verdict {
  if (entry.origin !== undefined && inserted.origin) return "skip"; // B1
  if (inserted.current) return "run"; // B3
  return entry.current.op === "msg" ? "duplicated" : "skip"; // B2
}

/**
 * Which rows were new, where a database tells only how many were.
 *
 * Of two rows, both or none is clear. When one was new, it can only be the current row. Otherwise the row of an undoing
 * op would have been there without its origin's row. But a call that writes the first has written the second in the same
 * transaction, or found it there, and rows are never changed.
 *
 * That holds as long as old rows are deleted by whole gids, or only when they are older than any transaction may become.
 * The barrier needs that anyway: an undoing op that finds its origin's row deleted takes it that there is nothing to undo.
 */
export function insertedOfCount(entry: BarrierEntry, insertedCount: number): InsertedRows {
  if (entry.origin === undefined) return { origin: false, current: insertedCount === 1 };
  return { origin: insertedCount === 2, current: insertedCount >= 1 };
}

/** Which rows were new, where a database tells the `op` of each row that it has inserted (`returning op`). */
export function insertedOfOps(entry: BarrierEntry, ops: readonly unknown[]): InsertedRows {
  return { origin: ops.includes(entry.origin?.op), current: ops.includes(entry.current.op) };
}
