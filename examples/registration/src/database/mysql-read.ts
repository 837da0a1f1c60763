import type { Pool, RowDataPacket } from "mysql2/promise";
import { READ_TIMEOUT_MS } from "../limits.ts";

/** The first row of a statement, or undefined. */
export async function readMysqlRow(
  pool: Pool,
  sql: string,
  values: readonly (string | number)[],
): Promise<RowDataPacket | undefined> {
  const [rows] = await pool.execute<RowDataPacket[]>({ sql, timeout: READ_TIMEOUT_MS }, [...values]);
  return rows[0];
}
