import { type Barrier, dataRefusalOf, Failure } from "lockstep";
import {
  type MysqlDatabase,
  type MysqlOptions,
  openMysqlDatabase,
  pingMysql,
} from "../database/mysql-database.ts";
import { duplicateKeyOf, isOutsideCharset } from "../database/mysql-errors.ts";
import { readMysqlRow } from "../database/mysql-read.ts";
import { REFUSALS } from "../registration/refusals.ts";
import { stampOf } from "../registration/stamp.ts";
import type { Credentials, StoredUser } from "../registration/user.ts";
import { UnknownUserError } from "./unknown-user-error.ts";
import type { NewUser, UserStore } from "./user-store.ts";

/**
 * A binary collation: names that differ in case are different, as in SQLite, and no language's rules make names equal.
 */
const USER_TABLE = `create table if not exists user (
  id int unsigned not null auto_increment primary key,
  name varchar(255),
  gender varchar(255),
  password_hash varchar(255),
  unique key user_name (name)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin`;

/** Users in MariaDB or MySQL. */
export class MysqlUsers implements UserStore {
  readonly #database: MysqlDatabase;

  private constructor(database: MysqlDatabase) {
    this.#database = database;
  }

  /** Opens the database, which must exist, and creates the tables, columns and indexes that are missing. */
  static async open(options: MysqlOptions): Promise<MysqlUsers> {
    const table = {
      name: "user",
      create: USER_TABLE,
      additions: [
        { kind: "column", name: "password_hash", change: "add column password_hash varchar(255)" },
        { kind: "unique", name: "user_name", column: "name", change: "add unique key user_name (name)" },
      ],
    } as const;
    return new MysqlUsers(await openMysqlDatabase(table, options));
  }

  async insert(barrier: Barrier, { id, name, gender, passwordHash }: NewUser): Promise<void> {
    await barrier.call(this.#database.pool, async (tx) => {
      try {
        await tx.execute("insert into user (id, name, gender, password_hash) values (?, ?, ?, ?)", [
          id,
          name,
          gender,
          passwordHash,
        ]);
      } catch (error) {
        const taken = duplicateKeyOf(error);
        if (taken !== undefined) {
          throw new Failure(taken === "PRIMARY" ? REFUSALS.idTaken(id) : REFUSALS.nameTaken);
        }
        throw dataRefusalOf(error) !== undefined
          ? new Failure(REFUSALS.userUnstorable, { cause: error })
          : error;
      }
    });
  }

  async remove(barrier: Barrier, id: number | undefined): Promise<void> {
    const wasRun = await barrier.call(this.#database.pool, async (tx) => {
      if (id === undefined) throw new UnknownUserError(barrier.context.gid);
      await tx.execute("delete from user where id = ?", [id]);
      return true;
    });
    if (wasRun === undefined) await this.#database.otherBarriers.check(barrier);
  }

  async findById(id: number): Promise<StoredUser | undefined> {
    const sql = "select name, gender, password_hash from user where id = ?";
    const row = await readMysqlRow(this.#database.pool, sql, [id]);
    if (row === undefined) return undefined;
    return {
      id,
      name: String(row["name"] ?? ""),
      gender: String(row["gender"] ?? ""),
      stamp: stampOf(String(row["password_hash"] ?? "")),
    };
  }

  async findByName(name: string): Promise<Credentials | undefined> {
    const sql = "select id, name, password_hash from user where name = ?";
    const row = await readMysqlRow(this.#database.pool, sql, [name]).catch((error: unknown) => {
      if (isOutsideCharset(error)) return undefined; // No row can have this name.
      throw error;
    });
    // A table of the Go services compares names without case. Here the case of a name counts.
    if (row === undefined || row["name"] !== name) return undefined;
    return {
      id: Number(row["id"]),
      name: String(row["name"]),
      passwordHash: String(row["password_hash"] ?? ""),
    };
  }

  async ping(): Promise<void> {
    await pingMysql(this.#database.pool);
  }

  async close(): Promise<void> {
    await this.#database.pool.end();
  }
}
