/**
 * Which other tables of a database look like a barrier's. An undo whose action wrote its row into another table than the one
 * that the undo asks finds no row, and so has nothing to undo: it does nothing, and answers success. Nobody would notice.
 */
import type { BarrierDialect } from "./barrier-table.ts";

const COLUMNS = "('gid', 'branch_id', 'op', 'barrier_id')";

/** The statement that answers, in its first column, the names of the other tables. `table` is a checked name. */
export function otherTablesSql(dialect: BarrierDialect, table: string): string {
  const dot = table.indexOf(".");
  const [schema, bare] = dot === -1 ? [undefined, table] : [table.slice(0, dot), table.slice(dot + 1)];
  switch (dialect) {
    case "mysql":
      return `select concat(table_schema, '.', table_name) as name from information_schema.columns where column_name in ${COLUMNS} and not (table_name = '${bare}' and table_schema = ${schema === undefined ? "database()" : `'${schema}'`}) group by table_schema, table_name having count(*) = 4`;
    case "postgres":
      return `select n.nspname || '.' || c.relname as name from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace where a.attname in ${COLUMNS} and c.relkind in ('r', 'p') and not a.attisdropped and c.oid is distinct from to_regclass('${table}')::oid group by n.nspname, c.relname having count(*) = 4`;
    case "sqlite":
      return `select m.name from ${schema === undefined ? "" : `${schema}.`}sqlite_master m where m.type = 'table' and m.name <> '${bare}' and (select count(*) from pragma_table_info(m.name) where name in ${COLUMNS}) = 4`;
  }
}

/** The names in what a library answers: rows as objects or as arrays. */
export function namesOfRows(rows: unknown): readonly string[] {
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown) =>
    typeof row === "object" && row !== null ? Object.values(row).slice(0, 1).map(String) : [],
  );
}

/** The tables for which a database was asked already: once is enough for a warning. */
const asked = new WeakMap<object, Set<string>>();

/** What an undo found no row in, and how to ask for other tables. */
export interface EmptyUndo {
  /** The pool or the connection. */
  readonly db: object;
  /** The table that has no row. */
  readonly table: string;
  /** Answers the names of the other tables. */
  readonly otherTables: ((table: string) => Promise<readonly string[]>) | undefined;
}

/** The warning for an undo that found no row, the first time and only if there are other tables; otherwise undefined. */
export async function warningOfEmptyUndo(
  { db, table, otherTables }: EmptyUndo,
  what: string,
): Promise<string | undefined> {
  const tables = asked.get(db) ?? new Set<string>();
  if (otherTables === undefined || tables.has(table)) return undefined;
  asked.set(db, tables.add(table));
  // The undo is done. That nobody could look for other tables must not make it fail.
  const names = await otherTables(table).catch(() => []);
  if (names.length === 0) return undefined;
  return `${what} found no row of what it undoes in the barrier's table ${table}, and so did nothing. There are other tables like it: ${names.join(", ")}. If the action wrote its row there, as a service in another language may, name that table: Barrier.from(request, { table }).`;
}
