import { LockstepError } from "@lockstep/protocol";
import type { BarrierDialect } from "./barrier-table.ts";
import { postgresRefusalOf, sqliteRefusalOf } from "./data-refusal.ts";

/** What a database says when the barrier cannot write into its table. */
interface TableProblem {
  readonly dialect: BarrierDialect;
  readonly kind: "missing" | "denied" | "unstorable";
}

/**
 * The error for a user whose barrier could not write its rows for want of a table, of a right, or of a column that takes
 * them, with the way out. Any other error is answered as it is.
 */
export function aboutTable(
  error: unknown,
  { table, gid }: { readonly table: string; readonly gid: string },
): unknown {
  const problem = problemOf(error);
  if (problem === undefined) return error;
  const { dialect, kind } = problem;
  if (kind === "unstorable") return unstorableGid({ dialect, table, gid, cause: error });
  const message =
    kind === "missing"
      ? `The barrier's table ${table} is not there. Create it with the statements of barrierTable("${dialect}", "${table}"), or name the table that is there: Barrier.from(request, { table }).`
      : `This account may not use the barrier's table ${table}, or it is not there. Give the account the rights to insert, select and update, or name another table: Barrier.from(request, { table }).`;
  return new LockstepError("invalid_argument", message, { cause: error });
}

/** The table has no place for the key, or stores it in another form, in which two keys may be one. */
export function unstorableGid({
  dialect,
  table,
  gid,
  cause,
}: {
  readonly dialect: BarrierDialect;
  readonly table: string;
  readonly gid: string;
  readonly cause?: unknown;
}): LockstepError {
  return new LockstepError(
    "invalid_argument",
    `The barrier's table ${table} cannot store the gid ${gid} as it is; ${UNSTORABLE_WAY_OUT[dialect](table)}.`,
    { gid, cause },
  );
}

const UNSTORABLE_WAY_OUT: Readonly<Record<BarrierDialect, (table: string) => string>> = {
  mysql: (table) => `alter table ${table} convert to character set utf8mb4 collate utf8mb4_bin`,
  postgres: () =>
    "its columns gid, branch_id, op and barrier_id must be of the type varchar(128) or text, in a database whose encoding is UTF8",
  sqlite: () => "its columns gid, branch_id, op and barrier_id must be of the type text",
};

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
    if (postgresRefusalOf(error) !== undefined) return { dialect: "postgres", kind: "unstorable" };
    return code === "42501" ? { dialect: "postgres", kind: "denied" } : undefined;
  }
  if (sqliteRefusalOf(error) !== undefined) return { dialect: "sqlite", kind: "unstorable" };
  // SQLite has one code for all mistakes in a statement, and tells them apart by the text alone.
  return /^(?:no such table|unknown database)\b/.test(message)
    ? { dialect: "sqlite", kind: "missing" }
    : undefined;
}
