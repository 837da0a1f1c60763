/**
 * The layout of the database file, as the list of its changes. The file's `user_version` counts how many of them it
 * has had. A change that was released is never edited: the next one goes to the end of the list.
 */
import type { DatabaseSync } from "node:sqlite";
import { StoreFailure } from "../store-failure.ts";

/** Marks a file as ours in SQLite's `application_id`: the letters "lkst". */
export const APPLICATION_ID = 0x6c_6b_73_74;

/** SQL that takes a file from the version before to the next. */
export type Migration = string;

export const MIGRATIONS: readonly Migration[] = [
  // `definition` and `progress` hold everything (see record.ts); the columns before them repeat what is searched for.
  // Whoever holds a lease is in `owner`; free is null. An id is never used twice, because pages of a list hang on it.
  //
  // A transaction that must run is in exactly one of two indexes: in the order in which it is due while it is free,
  // in the order in which it can be taken over while it is held. So a claim reads what it takes and nothing else.
  `create table transactions (
     id integer primary key autoincrement,
     gid text not null unique,
     trans_type text not null,
     status text not null,
     version integer not null,
     next_run_at integer,
     owner text,
     lease_until integer,
     created_at integer not null,
     updated_at integer not null,
     finished_at integer,
     progress text not null,
     definition blob not null
   );
   create index transactions_free on transactions (next_run_at)
     where next_run_at is not null and owner is null;
   create index transactions_held on transactions (max(next_run_at, lease_until))
     where next_run_at is not null and owner is not null;
   create index transactions_finished on transactions (finished_at) where finished_at is not null;
   create index transactions_status on transactions (status);
   create index transactions_created on transactions (created_at);`,
  // Three weights: what is written once (`definitions`), what is appended (`registered_branches`), what moves. The rows of
  // version 0.1.0 keep their form (see record-form-1.ts): their branches are in `definition`, their ops in `progress`.
  // `bytes` is about what a claim brings into memory.
  `create table definitions (
     id integer primary key,
     definition blob not null,
     branches blob
   );
   insert into definitions (id, definition) select id, definition from transactions;
   create table registered_branches (
     transaction_id integer not null,
     first integer not null,
     branches blob not null,
     primary key (transaction_id, first)
   );
   alter table transactions add column bytes integer not null default 0;
   update transactions set bytes = length(definition);
   alter table transactions add column ops text;
   alter table transactions drop column definition;`,
];

/**
 * Brings the file to the end of `migrations`, in one transaction: afterwards it has had all of them, or is as it was.
 *
 * @throws StoreFailure when the file belongs to something else, or a newer version has written it
 */
export function migrate(database: DatabaseSync, path: string, migrations = MIGRATIONS): void {
  // `exclusive` because it also takes the file's lock, which this connection then keeps.
  database.exec("begin exclusive");
  try {
    const version = numberOfPragma(database, "user_version");
    checkOurs(database, path, version);
    if (version > migrations.length) {
      throw new StoreFailure(
        `The database ${path} has layout ${version}, and this version of Lockstep knows layouts up to ` +
          `${migrations.length}: a newer Lockstep has used it. Start that version or a later one.`,
      );
    }
    if (version < migrations.length) {
      for (const migration of migrations.slice(version)) database.exec(migration);
      database.exec(`pragma application_id = ${APPLICATION_ID}`);
      database.exec(`pragma user_version = ${migrations.length}`);
    }
    database.exec("commit");
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
}

/** Another program's database must not get our tables. */
function checkOurs(database: DatabaseSync, path: string, version: number): void {
  const applicationId = numberOfPragma(database, "application_id");
  if (applicationId === APPLICATION_ID) return;
  const isEmpty = database.prepare("select 1 from sqlite_schema limit 1").get() === undefined;
  if (isEmpty && applicationId === 0 && version === 0) return;
  throw new StoreFailure(`The database ${path} belongs to another program; name a file of Lockstep's own.`);
}

function numberOfPragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(database.prepare(`pragma ${name}`).get()?.[name]);
}
