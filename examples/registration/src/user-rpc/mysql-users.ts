import { type Barrier, barrierTable, Failure } from "lockstep";
import type { Pool } from "mysql2/promise";
import { duplicateKeyOf, openMysqlDatabase, pingMysql, readMysqlRow } from "../database/mysql-database.ts";
import { REFUSALS } from "../registration/refusals.ts";
import { stampOf } from "../registration/stamp.ts";
import type { Credentials, StoredUser } from "../registration/user.ts";
import type { DatabasePlace } from "../service/places.ts";
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
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Opens the database, which must exist, and creates the tables, columns and indexes that are missing. */
  static async open(
    place: Extract<DatabasePlace, { kind: "mysql" }>,
    { barrierTableName }: { readonly barrierTableName: string },
  ): Promise<MysqlUsers> {
    const pool = await openMysqlDatabase(place, {
      tables: [USER_TABLE, ...barrierTable("mysql", barrierTableName)],
      additions: [
        { table: "user", column: "password_hash", change: "add column password_hash varchar(255)" },
        { table: "user", index: "user_name", change: "add unique key user_name (name)" },
      ],
    });
    return new MysqlUsers(pool);
  }

  async insert(barrier: Barrier, { id, name, gender, passwordHash }: NewUser): Promise<void> {
    await barrier.call(this.#pool, async (tx) => {
      try {
        await tx.execute("insert into user (id, name, gender, password_hash) values (?, ?, ?, ?)", [
          id,
          name,
          gender,
          passwordHash,
        ]);
      } catch (error) {
        const taken = duplicateKeyOf(error);
        if (taken === undefined) throw error;
        throw new Failure(taken === "PRIMARY" ? REFUSALS.idTaken(id) : REFUSALS.nameTaken);
      }
    });
  }

  async remove(barrier: Barrier, id: number | undefined): Promise<void> {
    await barrier.call(this.#pool, async (tx) => {
      if (id === undefined) throw new UnknownUserError(barrier.context.gid);
      await tx.execute("delete from user where id = ?", [id]);
    });
  }

  async findById(id: number): Promise<StoredUser | undefined> {
    const sql = "select name, gender, password_hash from user where id = ?";
    const row = await readMysqlRow(this.#pool, sql, [id]);
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
    const row = await readMysqlRow(this.#pool, sql, [name]);
    if (row === undefined) return undefined;
    return {
      id: Number(row["id"]),
      name: String(row["name"]),
      passwordHash: String(row["password_hash"] ?? ""),
    };
  }

  async ping(): Promise<void> {
    await pingMysql(this.#pool);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
