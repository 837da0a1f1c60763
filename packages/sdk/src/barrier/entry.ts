/**
 * What the barrier writes and what follows from it (protocol 7.7). Pure.
 *
 * An op that undoes another (`compensate`, `cancel`, `rollback`) first inserts the row of the op it undoes, then its
 * own; any other op inserts its own row. A row that is there already is left alone. All of it happens in the
 * business transaction, so that either both the rows and the business are there or neither is. Then:
 *
 * - B1: an undo that could insert the other's row came before it, or instead of it: there is nothing to undo (null
 *   compensation). The row it leaves makes the other op, should it still come, a dangling one that does nothing.
 * - B2: an op that could not insert its own row has run before, or must not run any more.
 * - B3: else the business runs.
 */
import type { BranchContext } from "../branch/branch-context.ts";

/** One row of the barrier table; the first four members after `transType` are its key. */
export interface BarrierRow {
  readonly transType: string;
  readonly gid: string;
  readonly branchId: string;
  readonly op: string;
  readonly barrierId: string;
  /** The op that wrote it. */
  readonly reason: string;
}

/** The columns in the order of `barrierValuesOf`. */
export const BARRIER_COLUMNS = "trans_type, gid, branch_id, op, barrier_id, reason";

/** The rows that one barrier call inserts. */
export interface BarrierEntry {
  /** The row of the op that this one undoes. */
  readonly origin: BarrierRow | undefined;
  readonly current: BarrierRow;
}

/** Which rows were new. */
export interface InsertedRows {
  readonly origin: boolean;
  readonly current: boolean;
}

const ORIGIN_OPS: Readonly<Record<string, string>> = {
  cancel: "try",
  compensate: "action",
  rollback: "action",
};

/** The `call`-th barrier call (from 1) of one branch call: its number is part of the key. */
export function barrierEntryOf(context: BranchContext, call: number): BarrierEntry {
  const { transType, gid, branchId, op } = context;
  const barrierId = String(call).padStart(2, "0");
  const current = { transType, gid, branchId, op, barrierId, reason: op };
  const originOp = Object.hasOwn(ORIGIN_OPS, op) ? ORIGIN_OPS[op] : undefined;
  return { origin: originOp === undefined ? undefined : { ...current, op: originOp }, current };
}

/** The rows in the order in which they are inserted: the same in all calls, so that two of them cannot deadlock. */
export function barrierRowsOf({ origin, current }: BarrierEntry): readonly BarrierRow[] {
  return origin === undefined ? [current] : [origin, current];
}

/** The values of one row, as `BARRIER_COLUMNS` has them. */
export function barrierValuesOf(row: BarrierRow): readonly string[] {
  return [row.transType, row.gid, row.branchId, row.op, row.barrierId, row.reason];
}

/**
 * - `run`: B3.
 * - `skip`: B1 or B2; the rows are committed and the branch answers success.
 * - `duplicated`: the business part of a message ran, or the check-back has decided that it never will.
 */
export type Verdict = "run" | "skip" | "duplicated";

export function verdictOf(entry: BarrierEntry, inserted: InsertedRows): Verdict {
  if (entry.origin !== undefined && inserted.origin) return "skip"; // B1
  if (inserted.current) return "run"; // B3
  return entry.current.op === "msg" ? "duplicated" : "skip"; // B2
}

/**
 * Which rows were new, where a database tells only how many.
 *
 * Two of two: both. None: neither. One of two can only be the current row. For the other way round the undo's own
 * row would have to be there without the row of the op it undoes; but whoever writes the undo's row writes that one
 * with it, in the same transaction, or found it there, and rows are never changed. That holds as long as old rows are
 * deleted by whole gids, or only when they are older than any transaction may become: which the barrier needs
 * anyway, as an undo that finds the row of its op deleted believes that there is nothing to undo.
 */
export function insertedOfCount(entry: BarrierEntry, insertedCount: number): InsertedRows {
  if (entry.origin === undefined) return { origin: false, current: insertedCount === 1 };
  return { origin: insertedCount === 2, current: insertedCount >= 1 };
}

/** Which rows were new, where a database tells the ops of those it inserted. */
export function insertedOfOps(entry: BarrierEntry, ops: readonly unknown[]): InsertedRows {
  return { origin: ops.includes(entry.origin?.op), current: ops.includes(entry.current.op) };
}
