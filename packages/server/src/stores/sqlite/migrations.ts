/**
 * The layout of the database file, as a list of changes. The file's `user_version` counts the changes that it has had.
 * Never edit a change that was released; add a new one at the end of the list.
 */
import type { DatabaseSync } from "node:sqlite";
import { StoreFailure } from "../store-failure.ts";

/** Marks a file as ours in SQLite's `application_id`: the letters "lkst". */
export const APPLICATION_ID = 0x6c_6b_73_74;

/** SQL that takes a file from one layout to the next. */
export type Migration = string;

export const MIGRATIONS: readonly Migration[] = [
  // `definition` and `progress` hold everything (see record.ts); the columns before them repeat the values that queries
  // search for. `owner` is the holder of the lease, null while the transaction is free. An id is never used twice,
  // because the pages of a list begin at an id.
  //
  // A transaction that must run is in exactly one of two indexes: by the instant at which it is due while it is free,
  // by the instant at which it can be taken over while it is held. So a claim reads only the rows that it takes.
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
  // Three parts: `definitions` hardly ever change, `registered_branches` are only added, `transactions` change with
  // every write. Rows of version 0.1.0 keep their form (see record-form-1.ts): their branches are in `definition`,
  // their ops in `progress`. `bytes` is about how much memory a claimed transaction takes.
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
  // What lists filter by: whether a transaction is parked (1, or null), and the destination that it waits for, which
  // `waits` says more of. What an older version has stored gets its destination with its next write.
  `alter table transactions add column parked integer;
   alter table transactions add column destination text;
   alter table transactions add column waits text;
   update transactions set parked = 1
     where case when json_valid(progress) then json_extract(progress, '$.pa') end is not null;
   create index transactions_parked on transactions (parked) where parked is not null;
   create index transactions_destination on transactions (destination) where destination is not null;`,
  // See record-checksum.ts. What an older version has stored has no checksum until it is written again.
  `alter table transactions add column checksum integer;
   alter table definitions add column checksum integer;
   alter table definitions add column branches_checksum integer;
   alter table registered_branches add column checksum integer;`,
];

/**
 * Applies the `migrations` that the file has not had, in one transaction: either all of them or none.
 *
 * @throws StoreFailure when the file belongs to something else, or a newer version has written it
 */
export function migrate(database: DatabaseSync, path: string, migrations = MIGRATIONS): void {
  // `exclusive` also takes the lock of the file, which this connection then keeps.
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

/** Refuses the database of another program: it must not get our tables. */
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
