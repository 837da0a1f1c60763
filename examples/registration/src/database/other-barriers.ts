import type { Barrier } from "lockstep";
import type { Pool } from "mysql2/promise";
import { readMysqlRow } from "./mysql-read.ts";

/** The table of dtm's clients, the Go services' too; and of ours, where nobody names another. */
export const BARRIER_TABLE = "dtm_barrier.barrier";

/** An action left its row in another barrier table, so this service cannot tell that there is something to undo. */
class OtherBarrierError extends Error {
  override readonly name = "OtherBarrierError";
}

/**
 * The barrier tables at the usual places that this service does not use. When services that replace each other use
 * different tables, the compensation of one does not find the row that the action of the other wrote, and undoes
 * nothing.
 */
export class OtherBarriers {
  readonly #pool: Pool;
  readonly #used: string;

  constructor(pool: Pool, used: string) {
    this.#pool = pool;
    this.#used = used;
  }

  /** The names of those that are there now. */
  async names(): Promise<readonly string[]> {
    const own = await readMysqlRow(this.#pool, "select database() as name", []);
    const inOwn = `${String(own?.["name"])}.barrier`;
    const used = this.#used.includes(".") ? this.#used : `${String(own?.["name"])}.${this.#used}`;
    const names = [...new Set([BARRIER_TABLE, inOwn])].filter((name) => name !== used);
    const there: string[] = [];
    for (const name of names) if (await this.#isThere(name)) there.push(name);
    return there;
  }

  /**
   * To be called when the barrier of a compensation found nothing to do.
   * @throws OtherBarrierError when another barrier table has the action, and not its compensation
   */
  async check({ context: { gid, branchId } }: Barrier): Promise<void> {
    for (const name of await this.names()) {
      const sql = `select 1 from ${name} where gid = ? and branch_id = ? and op = 'action' and reason = 'action'
        and not exists (select 1 from ${name} where gid = ? and branch_id = ? and op = 'compensate')`;
      if ((await readMysqlRow(this.#pool, sql, [gid, branchId, gid, branchId])) === undefined) continue;
      throw new OtherBarrierError(
        `the action of ${gid} is in ${name}, and this service uses ${this.#used}; set Database.BarrierTable to ${name}`,
      );
    }
  }

  async #isThere(name: string): Promise<boolean> {
    const [schema = "", table = ""] = name.split(".");
    const sql = "select 1 from information_schema.tables where table_schema = ? and table_name = ?";
    return (await readMysqlRow(this.#pool, sql, [schema, table])) !== undefined;
  }
}
