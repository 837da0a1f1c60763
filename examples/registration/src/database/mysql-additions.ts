import type { Pool, RowDataPacket } from "mysql2/promise";
import { DUPLICATES_NAMED_MAX } from "../limits.ts";
import { readMysqlRow } from "./mysql-read.ts";

/** A column that an older table of the same name may lack. */
interface ColumnAddition {
  readonly kind: "column";
  readonly name: string;
  /** The rest of the statement after `alter table …`. */
  readonly change: string;
}

/** A unique index that an older table of the same name may lack. */
interface UniqueAddition {
  readonly kind: "unique";
  readonly name: string;
  /** The column whose values must differ. */
  readonly column: string;
  readonly change: string;
}

/** A part that an older table may lack. */
export type Addition = ColumnAddition | UniqueAddition;

/**
 * The parts that the table lacks; all of them can be added. None when there is no such table.
 * @throws Error that names the rows because of which an index cannot be added
 */
export async function missingAdditions(
  pool: Pool,
  { table, additions }: { readonly table: string; readonly additions: readonly Addition[] },
): Promise<readonly Addition[]> {
  const known = "select 1 from information_schema.tables where table_schema = database() and table_name = ?";
  if ((await readMysqlRow(pool, known, [table])) === undefined) return [];
  const missing: Addition[] = [];
  const problems: string[] = [];
  for (const addition of additions) {
    if (await isThere(pool, table, addition)) continue;
    missing.push(addition);
    if (addition.kind === "unique") problems.push(...(await duplicatesIn(pool, table, addition.column)));
  }
  if (problems.length > 0) throw new Error(duplicatesText(table, problems));
  return missing;
}

/** Adds all of it by one statement, so that either everything is added or nothing. */
export async function addAll(
  pool: Pool,
  { table, additions }: { readonly table: string; readonly additions: readonly Addition[] },
): Promise<void> {
  if (additions.length === 0) return;
  try {
    await pool.query(`alter table ${table} ${additions.map(({ change }) => change).join(", ")}`);
  } catch (error) {
    // Another instance that starts at the same time may have added the same.
    if ((await missingAdditions(pool, { table, additions })).length > 0) throw error;
  }
}

async function isThere(pool: Pool, table: string, { kind, name }: Addition): Promise<boolean> {
  const [view, column] = kind === "column" ? ["columns", "column_name"] : ["statistics", "index_name"];
  const sql = `select 1 from information_schema.${view} where table_schema = database() and table_name = ? and ${column} = ?`;
  return (await readMysqlRow(pool, sql, [table, name])) !== undefined;
}

/** A line for each value that several rows have. It names rows by their ids: a value may be a person's name. */
async function duplicatesIn(pool: Pool, table: string, column: string): Promise<readonly string[]> {
  const ids = `substring_index(group_concat(id order by id separator ', '), ', ', ${DUPLICATES_NAMED_MAX})`;
  const [rows] = await pool.query<RowDataPacket[]>(
    `select ${ids} as ids, count(*) as total from ${table} where ${column} is not null
     group by ${column} having count(*) > 1 order by min(id) limit ${DUPLICATES_NAMED_MAX + 1}`,
  );
  const lines = rows.map(({ ids, total }) => {
    const more = Number(total) - String(ids).split(", ").length;
    return `  ${column} is the same in the rows with id ${ids}${more > 0 ? ` and ${more} more` : ""}`;
  });
  return lines.length > DUPLICATES_NAMED_MAX
    ? [...lines.slice(0, DUPLICATES_NAMED_MAX), `  and there are more rows of this kind`]
    : lines;
}

function duplicatesText(table: string, problems: readonly string[]): string {
  return [
    `the table ${table} has rows that this service cannot tell apart:`,
    ...problems,
    "Nothing was changed. Change or delete rows until no two of them have the same value, and start again.",
  ].join("\n");
}
