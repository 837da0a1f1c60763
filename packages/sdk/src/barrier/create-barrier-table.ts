import { LockstepError } from "@lockstep/protocol";
import { dialectOf } from "./adapters.ts";
import type { BarrierClient } from "./barrier.ts";
import { BARRIER_TABLE_DEFAULT, type BarrierDialect, barrierTable } from "./barrier-table.ts";
import type { MysqlPool, MysqlPoolConnection } from "./mysql-connection.ts";
import { namesOfRows } from "./other-tables.ts";
import type { PgPool, PgPoolClient } from "./postgres.ts";

/**
 * Creates the barrier's table where it does not exist, by the statements of `barrierTable`. Services may call this at every
 * start, several services at once too. Where the table is there already, the account needs no right to create it.
 * @throws LockstepError `invalid_argument` for a database that the SDK does not know, for a name that would need quoting,
 * and when the table is not there and the database did not let this account create it
 */
export async function createBarrierTable(
  db: PgPool<PgPoolClient> | MysqlPool<MysqlPoolConnection> | BarrierClient,
  table?: string,
): Promise<void> {
  const dialect = dialectOf(db);
  const name = table ?? BARRIER_TABLE_DEFAULT[dialect];
  const statements = barrierTable(dialect, name);
  const run = runnerOf(db);
  // MySQL asks for the right to create before it looks whether there is anything to create.
  if (dialect === "mysql" && (await isThere(run, name))) return;
  try {
    for (const sql of statements) await run(sql);
  } catch (cause) {
    throw isDenied(cause) ? denied({ dialect, name, cause }) : cause;
  }
}

type Run = (sql: string) => unknown;

/** Of a `DatabaseSync`, `exec`; of everything else, `query`. */
function runnerOf(db: object): Run {
  const { query, exec } = db as { readonly query?: Run; readonly exec?: Run };
  const method = query ?? exec;
  return (sql) => (method === undefined ? undefined : Reflect.apply(method, db, [sql]));
}

async function isThere(run: Run, name: string): Promise<boolean> {
  const [bare, schema] = name.split(".").reverse();
  const answer = await run(
    `select 1 from information_schema.tables where table_name = '${bare}' and table_schema = ${schema === undefined ? "database()" : `'${schema}'`}`,
  );
  return Array.isArray(answer) && namesOfRows(answer[0]).length > 0;
}

/** MySQL's numbers for a missing right, and PostgreSQL's code. */
function isDenied(error: unknown): boolean {
  const { errno, code } = error as { readonly errno?: unknown; readonly code?: unknown };
  return errno === 1044 || errno === 1142 || code === "42501";
}

function denied({
  dialect,
  name,
  cause,
}: {
  readonly dialect: BarrierDialect;
  readonly name: string;
  readonly cause: unknown;
}): LockstepError {
  return new LockstepError(
    "invalid_argument",
    `The barrier's table ${name} is not there, or this account may not see it, and the account may not create it. Let an administrator run the statements of barrierTable("${dialect}", "${name}") once, and give this account the rights to insert, select and update.`,
    { cause },
  );
}
