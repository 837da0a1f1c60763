import { createBarrierTable } from "lockstep";
import { createPool, type Pool } from "mysql2/promise";
import { DATABASE_CONNECTIONS, DATABASE_QUEUE_MAX, LOCK_WAIT_S, READ_TIMEOUT_MS } from "../limits.ts";
import type { DatabasePlace } from "../service/places.ts";
import type { ServiceLog } from "../service/service-log.ts";
import { type Addition, addAll, missingAdditions } from "./mysql-additions.ts";
import { readMysqlRow } from "./mysql-read.ts";
import { BARRIER_TABLE, OtherBarriers } from "./other-barriers.ts";

/** The table of a service, in its database. */
export interface MysqlTable {
  readonly name: string;
  /** The statement that creates the table if it is missing. */
  readonly create: string;
  /** What an older table of that name may lack, such as the table of the Go services. */
  readonly additions: readonly Addition[];
}

/** How a service opens its database. */
export interface MysqlOptions {
  readonly place: Extract<DatabasePlace, { kind: "mysql" }>;
  /** Default: `BARRIER_TABLE`. */
  readonly barrierTableName: string | undefined;
  readonly log: ServiceLog;
}

/** The open database of a service. */
export interface MysqlDatabase {
  readonly pool: Pool;
  readonly otherBarriers: OtherBarriers;
}

/**
 * Connections to the database at `place`, which must exist. Creates the tables, columns and indexes that are missing,
 * or changes nothing.
 * @throws Error that names the rows because of which the service cannot use the table
 */
export async function openMysqlDatabase(
  table: MysqlTable,
  { place, barrierTableName = BARRIER_TABLE, log }: MysqlOptions,
): Promise<MysqlDatabase> {
  const pool = openPool(place);
  try {
    // Before anything is created: a service that cannot start leaves everything as it was.
    const missing = await missingAdditions(pool, { table: table.name, additions: table.additions });
    await createBarrierTable(pool, barrierTableName);
    await pool.query(table.create);
    await addAll(pool, { table: table.name, additions: missing });
    await warnOfCharset(pool, table.name, log);
    const otherBarriers = new OtherBarriers(pool, barrierTableName);
    for (const name of await otherBarriers.names()) {
      log.warn(`there is another barrier table; ${BOTH_MUST_USE_ONE}`, {
        used: barrierTableName,
        other: name,
      });
    }
    return { pool, otherBarriers };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

const BOTH_MUST_USE_ONE =
  "services that replace each other must use one, or the undo of one does not find the action of the other";

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
    // The connection sends this before its first real statement. If it fails, that statement fails too. Strict: a server
    // that is not strict stores the part of a text that it can store, and calls that a success.
    connection.query(
      `set session innodb_lock_wait_timeout = ${LOCK_WAIT_S}, sql_mode = concat(@@sql_mode, ',STRICT_ALL_TABLES')`,
      () => undefined,
    );
  });
  return pool;
}

/** The Go services' tables have MySQL's old `utf8`, which lacks the characters of four bytes. */
async function warnOfCharset(pool: Pool, table: string, log: ServiceLog): Promise<void> {
  const found = await readMysqlRow(
    pool,
    `select column_name as name, character_set_name as charset from information_schema.columns
     where table_schema = database() and table_name = ? and character_set_name <> 'utf8mb4'`,
    [table],
  );
  if (found === undefined) return;
  log.warn(
    `texts with characters that this charset lacks are refused; "alter table ${table} convert to character set utf8mb4" ends that`,
    { table, column: String(found["name"]), charset: String(found["charset"]) },
  );
}

/** Resolves when the database answers. */
export async function pingMysql(pool: Pool): Promise<void> {
  await readMysqlRow(pool, "select 1", []);
}
