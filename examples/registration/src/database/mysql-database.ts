import { createPool, type Pool, type RowDataPacket } from "mysql2/promise";
import { DATABASE_CONNECTIONS, DATABASE_QUEUE_MAX, LOCK_WAIT_S, READ_TIMEOUT_MS } from "../limits.ts";
import type { DatabasePlace } from "../service/places.ts";

/** What a service keeps in its database. */
export interface MysqlSchema {
  /** Statements that create what is not there yet. */
  readonly tables: readonly string[];
  readonly additions: readonly Addition[];
}

/** What a table has that an older one of the same name may lack. */
export interface Addition {
  readonly table: string;
  readonly column?: string;
  readonly index?: string;
  /** What follows `alter table …`. */
  readonly change: string;
}

/** Connections to the database at `place`, which must be there; what is missing in it is created. */
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

/** Connections are opened as they are needed. */
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
    // Sent before whatever the connection was opened for; a connection on which it fails fails there too.
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
 * Which key a statement would have had twice: `PRIMARY` or the name of the index. Undefined for every other error, which is
 * no refusal of the business: a lock wait, a deadlock or a lost connection, after which one asks again.
 */
export function duplicateKeyOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ER_DUP_ENTRY") return undefined;
  // MySQL writes `user.PRIMARY` and MariaDB `PRIMARY`. The value before it is the sender's and may hold anything.
  return /for key '(?:[^'.]*\.)?([^'.]*)'$/.exec(error.message)?.[1];
}

/** Adds what is missing, so that the tables of the Go services can be gone on with. */
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
