import { type Barrier, barrierTable, dataRefusalOf, Failure } from "lockstep";
import { duplicateKindOf, SqliteFile } from "../database/sqlite-file.ts";
import { REFUSALS } from "../registration/refusals.ts";
import { stampOf } from "../registration/stamp.ts";
import type { Credentials, StoredUser } from "../registration/user.ts";
import { UnknownUserError } from "./unknown-user-error.ts";
import type { NewUser, UserStore } from "./user-store.ts";

const USER_TABLE = `create table if not exists user (
  id integer primary key autoincrement,
  name text not null unique,
  gender text not null default '',
  password_hash text not null default ''
)`;

/** Users in a SQLite file. */
export class SqliteUsers implements UserStore {
  readonly #file: SqliteFile;

  constructor(path: string, { barrierTableName }: { readonly barrierTableName: string | undefined }) {
    this.#file = new SqliteFile(path, [USER_TABLE, ...barrierTable("sqlite", barrierTableName)]);
  }

  async insert(barrier: Barrier, { id, name, gender, passwordHash }: NewUser): Promise<void> {
    await barrier.call(this.#file.writer, (tx) => {
      try {
        tx.prepare("insert into user (id, name, gender, password_hash) values (?, ?, ?, ?)").run(
          id,
          name,
          gender,
          passwordHash,
        );
      } catch (error) {
        const taken = duplicateKindOf(error);
        if (taken !== undefined) {
          throw new Failure(taken === "primary" ? REFUSALS.idTaken(id) : REFUSALS.nameTaken);
        }
        throw dataRefusalOf(error) !== undefined
          ? new Failure(REFUSALS.userUnstorable, { cause: error })
          : error;
      }
    });
  }

  async remove(barrier: Barrier, id: number | undefined): Promise<void> {
    await barrier.call(this.#file.writer, (tx) => {
      if (id === undefined) throw new UnknownUserError(barrier.context.gid);
      tx.prepare("delete from user where id = ?").run(id);
    });
  }

  async findById(id: number): Promise<StoredUser | undefined> {
    const row = this.#file.read("select name, gender, password_hash from user where id = ?", id);
    if (row === undefined) return undefined;
    return {
      id,
      name: String(row["name"]),
      gender: String(row["gender"] ?? ""),
      stamp: stampOf(String(row["password_hash"] ?? "")),
    };
  }

  async findByName(name: string): Promise<Credentials | undefined> {
    const row = this.#file.read("select id, name, password_hash from user where name = ?", name);
    if (row === undefined) return undefined;
    return {
      id: Number(row["id"]),
      name: String(row["name"]),
      passwordHash: String(row["password_hash"] ?? ""),
    };
  }

  async ping(): Promise<void> {
    this.#file.read("select 1 from user limit 1");
  }

  async close(): Promise<void> {
    this.#file.close();
  }
}
