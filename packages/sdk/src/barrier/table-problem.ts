import { LockstepError } from "@lockstep/protocol";
import type { BarrierDialect } from "./barrier-table.ts";

/** What a database says when the barrier cannot write into its table. */
interface TableProblem {
  readonly dialect: BarrierDialect;
  readonly kind: "missing" | "denied";
}

/**
 * The error for a user whose barrier could not write its rows for want of a table or of a right, with the way out. Any
 * other error is answered as it is.
 */
export function aboutTable(error: unknown, table: string): unknown {
  const problem = problemOf(error);
  if (problem === undefined) return error;
  const { dialect, kind } = problem;
  const message =
    kind === "missing"
      ? `The barrier's table ${table} is not there. Create it with the statements of barrierTable("${dialect}", "${table}"), or name the table that is there: Barrier.from(request, { table }).`
      : `This account may not use the barrier's table ${table}, or it is not there. Give the account the rights to insert, select and update, or name another table: Barrier.from(request, { table }).`;
  return new LockstepError("invalid_argument", message, { cause: error });
}

/** MySQL's numbers: no such table, no such database. */
const MYSQL_MISSING = new Set([1146, 1049]);
/** No right in the database, to the table, to a column. */
const MYSQL_DENIED = new Set([1044, 1142, 1143]);
/** PostgreSQL's codes: no such table, no such schema. */
const POSTGRES_MISSING = new Set(["42P01", "3F000"]);

function problemOf(error: unknown): TableProblem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errno, sqlState, code, severity, message } = error as Error & Readonly<Record<string, unknown>>;
  if (typeof errno === "number" && typeof sqlState === "string") {
    if (MYSQL_MISSING.has(errno)) return { dialect: "mysql", kind: "missing" };
    return MYSQL_DENIED.has(errno) ? { dialect: "mysql", kind: "denied" } : undefined;
  }
  if (typeof code === "string" && severity !== undefined) {
    if (POSTGRES_MISSING.has(code)) return { dialect: "postgres", kind: "missing" };
    return code === "42501" ? { dialect: "postgres", kind: "denied" } : undefined;
  }
  // SQLite has one code for all mistakes in a statement, and tells them apart by the text alone.
  return /^(?:no such table|unknown database)\b/.test(message)
    ? { dialect: "sqlite", kind: "missing" }
    : undefined;
}
