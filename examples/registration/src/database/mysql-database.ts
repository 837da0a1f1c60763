import { createPool, type Pool, type RowDataPacket } from "mysql2/promise";
import { DATABASE_CONNECTIONS, DATABASE_QUEUE_MAX, LOCK_WAIT_S, READ_TIMEOUT_MS } from "../limits.ts";
import type { DatabasePlace } from "../service/places.ts";

/** The tables that a service needs in its database. */
export interface MysqlSchema {
  /** Statements that create missing tables. */
  readonly tables: readonly string[];
  readonly additions: readonly Addition[];
}

/** A column or an index that an older table of the same name may lack. */
export interface Addition {
  readonly table: string;
  readonly column?: string;
  readonly index?: string;
  /** The rest of the statement after `alter table …`. */
  readonly change: string;
}

/**
 * Connections to the database at `place`, which must exist. Creates the tables, columns and indexes that are missing.
 */
export async function openMysqlDatabase(
  place: Extract<DatabasePlace, { kind: "mysql" }>,
  { tables, additions }: MysqlSchema,
): Promise<Pool> {
  const pool = openPool(place);
  try {
    for (const sql of tables) await pool.query(sql);
    for (const addition of additions) await addMissing(pool, addition);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return pool;
}

/** Makes a pool, which opens connections when they are needed. */
function openPool(place: Extract<DatabasePlace, { kind: "mysql" }>): Pool {
  const { host, port, user, password, database } = place;
  const pool = createPool({
    ...{ host, port, user, password, database },
    charset: "utf8mb4",
    connectionLimit: DATABASE_CONNECTIONS,
    queueLimit: DATABASE_QUEUE_MAX,
    connectTimeout: READ_TIMEOUT_MS,
  });
  pool.pool.on("connection", (connection) => {
    // The connection sends this before its first real statement. If it fails, that statement fails too.
    connection.query(`set session innodb_lock_wait_timeout = ${LOCK_WAIT_S}`, () => undefined);
  });
  return pool;
}

/** The first row of a statement, or undefined. */
export async function readMysqlRow(
  pool: Pool,
  sql: string,
  values: readonly (string | number)[],
): Promise<RowDataPacket | undefined> {
  const [rows] = await pool.execute<RowDataPacket[]>({ sql, timeout: READ_TIMEOUT_MS }, [...values]);
  return rows[0];
}

/** Resolves when the database answers. */
export async function pingMysql(pool: Pool): Promise<void> {
  await readMysqlRow(pool, "select 1", []);
}

/**
 * The key that a statement violates, `PRIMARY` or the name of the index. Undefined for every other error, such as a
 * lock wait, a deadlock or a lost connection: those are no refusal of the business, and the call must be repeated.
 */
export function duplicateKeyOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ER_DUP_ENTRY") return undefined;
  // MySQL writes `user.PRIMARY` and MariaDB `PRIMARY`. The value before that comes from a client and may be any text.
  return /for key '(?:[^'.]*\.)?([^'.]*)'$/.exec(error.message)?.[1];
}

/** Adds a missing column or index, so that this service can use the tables of the Go services. */
async function addMissing(pool: Pool, { table, column, index, change }: Addition): Promise<void> {
  const found =
    column === undefined
      ? await readMysqlRow(
          pool,
          "select 1 from information_schema.statistics where table_schema = database() and table_name = ? and index_name = ?",
          [table, index ?? ""],
        )
      : await readMysqlRow(
          pool,
          "select 1 from information_schema.columns where table_schema = database() and table_name = ? and column_name = ?",
          [table, column],
        );
  if (found === undefined) await pool.query(`alter table ${table} ${change}`);
}
