import { type Barrier, dataRefusalOf, Failure } from "lockstep";
import {
  type MysqlDatabase,
  type MysqlOptions,
  openMysqlDatabase,
  pingMysql,
} from "../database/mysql-database.ts";
import { duplicateKeyOf } from "../database/mysql-errors.ts";
import { readMysqlRow } from "../database/mysql-read.ts";
import { REFUSALS } from "../registration/refusals.ts";
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
  readonly #database: MysqlDatabase;

  private constructor(database: MysqlDatabase) {
    this.#database = database;
  }

  /** Opens the database, which must exist, and creates the tables and indexes that are missing. */
  static async open(options: MysqlOptions): Promise<MysqlScores> {
    const table = {
      name: "user_score",
      create: SCORE_TABLE,
      additions: [
        { kind: "unique", name: "user_score_user_id", column: "user_id", change: `add ${UNIQUE_USER}` },
      ],
    } as const;
    return new MysqlScores(await openMysqlDatabase(table, options));
  }

  async insert(barrier: Barrier, { userId, score }: UserScore): Promise<void> {
    await barrier.call(this.#database.pool, async (tx) => {
      try {
        await tx.execute("insert into user_score (user_id, score) values (?, ?)", [String(userId), score]);
      } catch (error) {
        if (duplicateKeyOf(error) !== undefined) throw new Failure(REFUSALS.hasScore(userId));
        throw dataRefusalOf(error) !== undefined
          ? new Failure(REFUSALS.scoreUnstorable, { cause: error })
          : error;
      }
    });
  }

  async remove(barrier: Barrier, userId: bigint): Promise<void> {
    const wasRun = await barrier.call(this.#database.pool, async (tx) => {
      await tx.execute("delete from user_score where user_id = ?", [String(userId)]);
      return true;
    });
    if (wasRun === undefined) await this.#database.otherBarriers.check(barrier);
  }

  async findByUser(userId: bigint): Promise<UserScore | undefined> {
    const sql = "select score from user_score where user_id = ?";
    const row = await readMysqlRow(this.#database.pool, sql, [String(userId)]);
    return row === undefined ? undefined : { userId, score: Number(row["score"]) };
  }

  async ping(): Promise<void> {
    await pingMysql(this.#database.pool);
  }

  async close(): Promise<void> {
    await this.#database.pool.end();
  }
}
