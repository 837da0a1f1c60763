import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ListQuery } from "../../engine/ports.ts";

/** What a stored transaction is read from; the lease only matters to a claim. */
const RECORD = "id, gid, version, owner, lease_until, definition, progress";

/** Every statement of the store but a list's, prepared once. Instants and lengths are milliseconds. */
export interface Statements {
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly rollback: StatementSync;
  readonly create: StatementSync;
  readonly update: StatementSync;
  readonly redefine: StatementSync;
  readonly load: StatementSync;
  readonly endLeasesOfOthers: StatementSync;
  readonly due: StatementSync;
  readonly claim: StatementSync;
  readonly nextFree: StatementSync;
  readonly nextHeld: StatementSync;
  readonly renew: StatementSync;
  readonly deleteFinished: StatementSync;
}

export function prepareStatements(database: DatabaseSync): Statements {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    begin: prepare("begin immediate"),
    commit: prepare("commit"),
    rollback: prepare("rollback"),
    create: prepare(
      `insert into transactions (gid, trans_type, status, version, next_run_at, owner, lease_until,
         created_at, updated_at, finished_at, progress, definition)
       values (:gid, :transType, :status, 1, :nextRunAt, :owner, :leaseUntil,
         :createdAt, :updatedAt, :finishedAt, :progress, :definition)
       on conflict do nothing`,
    ),
    update: prepare(updateOf("")),
    redefine: prepare(updateOf(", created_at = :createdAt, definition = :definition")),
    load: prepare(`select ${RECORD} from transactions where gid = :gid`),
    // They stay marked as held, so that their transactions count as abandoned.
    endLeasesOfOthers: prepare(
      `update transactions set lease_until = 0
       where next_run_at is not null and owner is not null and owner <> :owner and lease_until > 0`,
    ),
    due: prepare(
      `select ${RECORD} from transactions where id in (
         select id from (
           select * from (
             select id, next_run_at from transactions
             where next_run_at <= :now and owner is null
             order by next_run_at, id limit :limit
           )
           union all
           select id, next_run_at from transactions
           where next_run_at is not null and owner is not null and max(next_run_at, lease_until) <= :now
         )
         order by next_run_at, id limit :limit
       )
       order by next_run_at, id`,
    ),
    claim: prepare(
      "update transactions set owner = :owner, lease_until = :leaseUntil, version = version + 1 where id = :id",
    ),
    nextFree: prepare(
      `select next_run_at as at from transactions where next_run_at is not null and owner is null
       order by next_run_at limit 1`,
    ),
    nextHeld: prepare(
      `select id, max(next_run_at, lease_until) as at from transactions
       where next_run_at is not null and owner is not null order by max(next_run_at, lease_until)`,
    ),
    renew: prepare("update transactions set lease_until = :leaseUntil where gid = :gid and owner = :owner"),
    deleteFinished: prepare(
      `delete from transactions where id in (
         select id from transactions where finished_at < :finishedBefore order by finished_at, id limit :limit
       )`,
    ),
  };
}

function updateOf(more: string): string {
  return `update transactions
    set status = :status, version = version + 1, next_run_at = :nextRunAt, owner = :owner,
      lease_until = :leaseUntil, updated_at = :updatedAt, finished_at = :finishedAt, progress = :progress${more}
    where gid = :gid and version = :expectedVersion`;
}

/** The filters of a list, each with its condition. */
const CONDITIONS = {
  status: "status = :status",
  transType: "trans_type = :transType",
  createdFrom: "created_at >= :createdFrom",
  createdTo: "created_at <= :createdTo",
  beforeId: "id < :beforeId",
} as const satisfies Record<Exclude<keyof ListQuery, "limit">, string>;

/** The statement for a list with just these filters, and what to bind to it. */
export function listStatementOf(query: ListQuery): { sql: string; values: Record<string, string | number> } {
  const conditions: string[] = [];
  const values: Record<string, string | number> = { limit: query.limit };
  for (const name of ["status", "transType", "createdFrom", "createdTo", "beforeId"] as const) {
    const value = query[name];
    if (value === undefined) continue;
    conditions.push(CONDITIONS[name]);
    values[name] = value;
  }
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  return { sql: `select ${RECORD} from transactions ${where} order by id desc limit :limit`, values };
}
