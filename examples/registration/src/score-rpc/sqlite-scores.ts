import { type Barrier, barrierTable, dataRefusalOf, Failure } from "lockstep";
import { duplicateKindOf, SqliteFile } from "../database/sqlite-file.ts";
import { REFUSALS } from "../registration/refusals.ts";
import type { ScoreStore, UserScore } from "./score-store.ts";

const SCORE_TABLE = `create table if not exists user_score (
  id integer primary key autoincrement,
  user_id integer not null default 0 unique,
  score integer not null default 0
)`;

/** Scores in a SQLite file. */
export class SqliteScores implements ScoreStore {
  readonly #file: SqliteFile;

  constructor(path: string, { barrierTableName }: { readonly barrierTableName: string | undefined }) {
    this.#file = new SqliteFile(path, [SCORE_TABLE, ...barrierTable("sqlite", barrierTableName)]);
  }

  async insert(barrier: Barrier, { userId, score }: UserScore): Promise<void> {
    await barrier.call(this.#file.writer, (tx) => {
      try {
        tx.prepare("insert into user_score (user_id, score) values (?, ?)").run(userId, score);
      } catch (error) {
        if (duplicateKindOf(error) !== undefined) throw new Failure(REFUSALS.hasScore(userId));
        throw dataRefusalOf(error) !== undefined
          ? new Failure(REFUSALS.scoreUnstorable, { cause: error })
          : error;
      }
    });
  }

  async remove(barrier: Barrier, userId: bigint): Promise<void> {
    await barrier.call(this.#file.writer, (tx) => {
      tx.prepare("delete from user_score where user_id = ?").run(userId);
    });
  }

  async findByUser(userId: bigint): Promise<UserScore | undefined> {
    const row = this.#file.read("select score from user_score where user_id = ?", userId);
    return row === undefined ? undefined : { userId, score: Number(row["score"]) };
  }

  async ping(): Promise<void> {
    this.#file.read("select 1 from user_score limit 1");
  }

  async close(): Promise<void> {
    this.#file.close();
  }
}
