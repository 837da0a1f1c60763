import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ListQuery } from "../../engine/ports.ts";

/** The columns of a transaction, without the branches that were registered later. Only a claim needs the lease. */
const RECORD = `transactions.id as id, gid, version, owner, lease_until, progress, ops, definition, branches`;
const RECORDS = "transactions join definitions on definitions.id = transactions.id";

/** The columns that a list reads: neither branches nor ops. */
const SUMMARY = `id, gid, version, progress,
  (select definition from definitions where definitions.id = transactions.id) as definition`;

/**
 * The columns that every write sets, in this order. Writes bind their values by place: SQLite in Node took 6.9 µs for a
 * creation and 5.5 for an update by name, and 3.9 and 3.0 by place.
 */
const MOVING_COLUMNS = [
  "status",
  "next_run_at",
  "updated_at",
  "finished_at",
  "progress",
  "ops",
  "owner",
  "lease_until",
] as const;

/** All statements of the store except those of lists, prepared once. Instants and time spans are in milliseconds. */
export interface Statements {
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly rollback: StatementSync;
  /** The moving columns, gid, type, instant of creation, bytes. */
  readonly create: StatementSync;
  /** The id of the transaction, definition, branches. */
  readonly define: StatementSync;
  /** The moving columns, gid, the version that is expected. */
  readonly update: StatementSync;
  /** The moving columns, further bytes, gid, the version that is expected. */
  readonly updateAndGrow: StatementSync;
  readonly holderOf: StatementSync;
  readonly definitionOf: StatementSync;
  /** Definition, branches (null leaves them), gid. */
  readonly redefine: StatementSync;
  /** The index of the first of these branches, the branches, gid. */
  readonly register: StatementSync;
  readonly registeredOf: StatementSync;
  readonly load: StatementSync;
  readonly loadById: StatementSync;
  readonly endLeasesOfOthers: StatementSync;
  readonly dueFree: StatementSync;
  readonly freeFromBeforeStep: StatementSync;
  readonly dueHeld: StatementSync;
  readonly heldFromBeforeStep: StatementSync;
  readonly claim: StatementSync;
  readonly nextFree: StatementSync;
  readonly nextHeld: StatementSync;
  readonly lastUpdated: StatementSync;
  readonly renew: StatementSync;
  readonly deleteFinished: readonly StatementSync[];
}

const FINISHED = `select id from transactions where finished_at < :finishedBefore order by finished_at, id limit :limit`;

export function prepareStatements(database: DatabaseSync): Statements {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    begin: prepare("begin immediate"),
    commit: prepare("commit"),
    rollback: prepare("rollback"),
    create: prepare(
      `insert into transactions (${MOVING_COLUMNS.join(", ")}, gid, trans_type, created_at, bytes, version)
       values (${MOVING_COLUMNS.map(() => "?").join(", ")}, ?, ?, ?, ?, 1)
       on conflict do nothing`,
    ),
    define: prepare("insert into definitions (id, definition, branches) values (?, ?, ?)"),
    update: prepare(updateOf([])),
    updateAndGrow: prepare(updateOf(["bytes = bytes + ?"])),
    holderOf: prepare("select version, owner from transactions where gid = ?"),
    definitionOf: prepare(
      "select definition from definitions where id = (select id from transactions where gid = ?)",
    ),
    redefine: prepare(
      `update definitions set definition = ?, branches = coalesce(?, branches)
       where id = (select id from transactions where gid = ?)`,
    ),
    register: prepare(
      `insert into registered_branches (first, branches, transaction_id)
       select ?, ?, id from transactions where gid = ?`,
    ),
    registeredOf: prepare("select branches from registered_branches where transaction_id = ? order by first"),
    load: prepare(`select ${RECORD} from ${RECORDS} where gid = ?`),
    loadById: prepare(`select ${RECORD} from ${RECORDS} where transactions.id = ?`),
    // The rows keep their owner, so that a claim counts their transactions as abandoned.
    endLeasesOfOthers: prepare(
      `update transactions set lease_until = 0
       where next_run_at is not null and owner is not null and owner <> :owner and lease_until > 0`,
    ),
    dueFree: prepare(
      `select id, next_run_at, bytes from transactions
       where next_run_at <= :now and owner is null order by next_run_at, id limit :limit`,
    ),
    freeFromBeforeStep: prepare(
      `select id, next_run_at, bytes from transactions
       where next_run_at is not null and owner is null and updated_at > :after order by next_run_at, id limit :limit`,
    ),
    dueHeld: prepare(
      `select id, next_run_at, bytes, gid, owner from transactions
       where next_run_at is not null and owner is not null and max(next_run_at, lease_until) <= :now
       order by next_run_at, id`,
    ),
    heldFromBeforeStep: prepare(
      `select id, next_run_at, bytes, gid, owner from transactions
       where next_run_at is not null and owner is not null and updated_at > :after
         and (lease_until <= :now or lease_until > :leaseMax) order by next_run_at, id`,
    ),
    claim: prepare(
      "update transactions set owner = :owner, lease_until = :leaseUntil, version = version + 1 where id = :id",
    ),
    nextFree: prepare(
      `select next_run_at as at from transactions where next_run_at is not null and owner is null
       order by next_run_at limit 1`,
    ),
    nextHeld: prepare(
      `select id, gid, owner, max(next_run_at, lease_until) as at from transactions
       where next_run_at is not null and owner is not null order by max(next_run_at, lease_until)`,
    ),
    lastUpdated: prepare("select max(updated_at) as at from transactions where next_run_at is not null"),
    renew: prepare("update transactions set lease_until = :leaseUntil where gid = :gid and owner = :owner"),
    // `transactions` comes last, because the other two statements read the ids from it.
    deleteFinished: [
      prepare(`delete from registered_branches where transaction_id in (${FINISHED})`),
      prepare(`delete from definitions where id in (${FINISHED})`),
      prepare(`delete from transactions where id in (${FINISHED})`),
    ],
  };
}

function updateOf(more: readonly string[]): string {
  const changes = [...MOVING_COLUMNS.map((column) => `${column} = ?`), ...more];
  return `update transactions set ${changes.join(", ")}, version = version + 1 where gid = ? and version = ?`;
}

/** The filters of a list, each with its condition. */
const CONDITIONS = {
  status: "status = :status",
  transType: "trans_type = :transType",
  beforeId: "id < :beforeId",
} as const;

const CREATED_CONDITIONS = {
  createdFrom: "created_at >= :createdFrom",
  createdTo: "created_at <= :createdTo",
} as const;

/** A statement and the values to bind to it. */
export interface Bound {
  readonly sql: string;
  readonly values: Record<string, string | number>;
}

/**
 * A list finds up to this many transactions between two instants by `created_at`, and then sorts them by id. Where
 * there are more, a walk over the ids, newest first, finds a page sooner.
 *
 * Measured with a million transactions: 27 ms for 100,000 by `created_at`, 300 ms for all of them (a walk finds a page
 * among the newest in under 1 ms); 600 ms for a walk that finds nothing at all.
 */
export const NARROW_SPAN_ROWS_MAX = 10_000;

/** Counts the transactions created between the query's instants, up to one more than a narrow span has. */
export function spanStatementOf(query: ListQuery): Bound | undefined {
  const { conditions, values } = conditionsOf(query, CREATED_CONDITIONS);
  if (conditions.length === 0) return undefined;
  return {
    sql: `select count(*) as count from (
      select 1 from transactions where ${conditions.join(" and ")} limit ${NARROW_SPAN_ROWS_MAX + 1})`,
    values,
  };
}

/** A list with these filters, newest first. `narrow`: few transactions were created between the query's instants. */
export function listStatementOf(query: ListQuery, { narrow }: { readonly narrow: boolean }): Bound {
  const created = conditionsOf(query, CREATED_CONDITIONS);
  const others = conditionsOf(query, CONDITIONS);
  const conditions = narrow
    ? [
        ...others.conditions.map((condition) => `+${condition}`),
        `id in (select id from transactions where ${created.conditions.join(" and ")})`,
      ]
    : // A plus keeps SQLite from using an index for a condition.
      [...others.conditions, ...created.conditions.map((condition) => `+${condition}`)];
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  return {
    sql: `select ${SUMMARY} from transactions ${where} order by id desc`,
    values: { ...created.values, ...others.values },
  };
}

function conditionsOf<Name extends Exclude<keyof ListQuery, "limit" | "bytesMax">>(
  query: ListQuery,
  known: Readonly<Record<Name, string>>,
): { readonly conditions: readonly string[]; readonly values: Record<string, string | number> } {
  const conditions: string[] = [];
  const values: Record<string, string | number> = {};
  for (const name of Object.keys(known) as Name[]) {
    const value = query[name];
    if (value === undefined) continue;
    conditions.push(known[name]);
    values[name] = value;
  }
  return { conditions, values };
}
