import { type Barrier, barrierTable, Failure } from "lockstep";
import type { Pool } from "mysql2/promise";
import { duplicateKeyOf, openMysqlDatabase, pingMysql, readMysqlRow } from "../database/mysql-database.ts";
import { REFUSALS } from "../registration/refusals.ts";
import type { DatabasePlace } from "../service/places.ts";
import type { ScoreStore, UserScore } from "./score-store.ts";

const UNIQUE_USER = "unique key user_score_user_id (user_id)";

const SCORE_TABLE = `create table if not exists user_score (
  id bigint unsigned not null auto_increment primary key,
  user_id bigint not null default 0,
  score int not null default 0,
  ${UNIQUE_USER}
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin`;

/** Scores in MariaDB or MySQL. */
export class MysqlScores implements ScoreStore {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Opens the database, which must exist, and creates the tables and indexes that are missing. */
  static async open(
    place: Extract<DatabasePlace, { kind: "mysql" }>,
    { barrierTableName }: { readonly barrierTableName: string },
  ): Promise<MysqlScores> {
    const pool = await openMysqlDatabase(place, {
      tables: [SCORE_TABLE, ...barrierTable("mysql", barrierTableName)],
      additions: [{ table: "user_score", index: "user_score_user_id", change: `add ${UNIQUE_USER}` }],
    });
    return new MysqlScores(pool);
  }

  async insert(barrier: Barrier, { userId, score }: UserScore): Promise<void> {
    await barrier.call(this.#pool, async (tx) => {
      try {
        await tx.execute("insert into user_score (user_id, score) values (?, ?)", [String(userId), score]);
      } catch (error) {
        if (duplicateKeyOf(error) === undefined) throw error;
        throw new Failure(REFUSALS.hasScore(userId));
      }
    });
  }

  async remove(barrier: Barrier, userId: bigint): Promise<void> {
    await barrier.call(this.#pool, async (tx) => {
      await tx.execute("delete from user_score where user_id = ?", [String(userId)]);
    });
  }

  async findByUser(userId: bigint): Promise<UserScore | undefined> {
    const sql = "select score from user_score where user_id = ?";
    const row = await readMysqlRow(this.#pool, sql, [String(userId)]);
    return row === undefined ? undefined : { userId, score: Number(row["score"]) };
  }

  async ping(): Promise<void> {
    await pingMysql(this.#pool);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
