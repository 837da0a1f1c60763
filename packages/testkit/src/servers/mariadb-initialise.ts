import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Command } from "./server-process.ts";

/** Folders that may hold the server's own SQL, relative to the folder that holds bin/ or sbin/. */
const SHARE_FOLDERS = ["share/mysql", "share/mariadb", "share"];
/**
 * The scripts that make the system tables, without the help texts and the sys schema, which are 3 of 3.1 MB.
 * `mariadb-install-db` would run all scripts, and needs tools of the client package.
 */
const SYSTEM_SQL = [
  "mysql_system_tables.sql",
  "mysql_performance_tables.sql",
  "mysql_system_tables_data.sql",
];

export interface InitialiseOptions {
  /** The full path of mariadbd or mysqld. */
  readonly file: string;
  /** An empty folder; gets data/ and users.sql, which the server must read at each start. */
  readonly folder: string;
  /** The server's own options; those that decide the form of its files must be the same at each start. */
  readonly args: readonly string[];
  readonly user: string;
  readonly password: string;
}

/** Prepares a new folder, and answers the command that fills data/ with MariaDB's or MySQL's system tables. */
export async function initialiseMariaDb(options: InitialiseOptions): Promise<Command> {
  const { file, folder, args, user, password } = options;
  const account = `'${user}'@'%'`;
  const statements = [
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO ${account} WITH GRANT OPTION;`,
  ];
  await writeFile(join(folder, "users.sql"), `${statements.join("\n")}\n`, { mode: 0o600 });

  const { stdout: version } = await promisify(execFile)(file, ["--no-defaults", "--version"]);
  if (!version.includes("MariaDB")) return { file, args: [...args, "--initialize-insecure"] };

  await mkdir(join(folder, "data"));
  const share = shareFolderOf(file);
  const scripts = await Promise.all(SYSTEM_SQL.map((name) => readFile(join(share, name), "utf8")));
  // At most one statement a line, because bootstrap reads line by line.
  return {
    file,
    args: [...args, "--bootstrap"],
    input: ["create database mysql;", "use mysql;", ...scripts].join("\n"),
  };
}

function shareFolderOf(file: string): string {
  const root = dirname(dirname(realpathSync(file)));
  const candidates = SHARE_FOLDERS.map((folder) => join(root, folder));
  const found = candidates.find((folder) => existsSync(join(folder, "mysql_system_tables.sql")));
  if (found !== undefined) return found;
  throw new Error(
    `${file} is there without the SQL that makes its system tables; looked in ${candidates.join(", ")}.`,
  );
}
