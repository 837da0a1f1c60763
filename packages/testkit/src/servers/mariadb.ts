import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { provide, type Requirement } from "./install.ts";
import { initialiseMariaDb } from "./mariadb-initialise.ts";
import { type Address, namedAddress, withUri } from "./named-address.ts";
import { NamedServer, type RealServer, StartedServer, type StartOptions } from "./real-server.ts";
import { ServerProcess } from "./server-process.ts";

const NAMED = {
  variable: "LOCKSTEP_TEST_MARIADB",
  example: "mysql://root:secret@127.0.0.1:3306",
  container: "docker run -d -p 3306:3306 -e MARIADB_ROOT_PASSWORD=secret mariadb:10.11",
};
const REQUIREMENT: Requirement = {
  name: "MariaDB",
  binaries: ["mariadbd", "mysqld"],
  debianPackage: "mariadb-server-core",
  named: NAMED,
};
/** Turns off what no test needs; "loose" marks options that MariaDB or MySQL does not know. */
const FRUGAL = [
  ...["--performance-schema=OFF", "--skip-log-bin", "--key-buffer-size=1M"],
  ...["--loose-aria-pagecache-buffer-size=1M", "--loose-mysqlx=OFF"],
];
/** A commit goes to the operating system at once, where it survives a SIGKILL, and to the disk once a second. */
const QUICK = [
  ...["--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M"],
];
const DURABLE = ["--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=256M"];
const USER = "lockstep";
const FORM = { schemes: ["mysql:", "mariadb:"], portDefault: 3306, example: NAMED.example };
const CONNECTIONS_MAX = 500;
const CONNECT_MS_MAX = 5_000;

/** A real MariaDB (or MySQL), with a user who may do everything. */
export interface MariaDbServer extends RealServer, Address {
  /** `mysql://user:password@host:port/database`; the database need not exist yet. */
  uri(database: string): string;
}

/**
 * A MariaDB to work with: the one that `LOCKSTEP_TEST_MARIADB=mysql://user:password@host:port` names, else a new one on
 * 127.0.0.1. A MySQL server will do, too. The user may create databases and users.
 *
 * @throws Error when MariaDB is missing and cannot be installed; the message lists the ways out.
 */
export async function startMariaDb(options: StartOptions = {}): Promise<MariaDbServer> {
  const named = namedAddress(NAMED.variable, FORM);
  if (named !== undefined) return Object.assign(new NamedServer(NAMED.variable), withUri("mysql:", named));

  const file = await provide(REQUIREMENT);
  // A new password each time, so that only this server can answer the greeting.
  const credentials = { user: USER, password: randomBytes(12).toString("hex") };
  const commonArgs = (folder: string): readonly string[] => [
    ...["--no-defaults", `--datadir=${join(folder, "data")}`, `--tmpdir=${folder}`],
    // MariaDB runs as root only with this option, and refuses the option for any other user.
    ...(process.getuid?.() === 0 ? ["--user=root"] : []),
    ...FRUGAL,
    ...(options.durable === true ? DURABLE : QUICK),
  ];
  const server = await ServerProcess.start({
    name: REQUIREMENT.name,
    file,
    initialise: (folder) => initialiseMariaDb({ file, folder, args: commonArgs(folder), ...credentials }),
    args: ({ folder, port }) => [
      ...commonArgs(folder),
      ...[
        "--bind-address=127.0.0.1",
        `--port=${port}`,
        `--socket=${join(folder, "socket")}`,
        "--skip-name-resolve",
      ],
      ...[`--init-file=${join(folder, "users.sql")}`, `--pid-file=${join(folder, "pid")}`],
      ...["--character-set-server=utf8mb4", `--max-connections=${CONNECTIONS_MAX}`],
    ],
    greet: async ({ port }) => {
      const connectTimeout = CONNECT_MS_MAX;
      const connection = await createConnection({ host: "127.0.0.1", port, ...credentials, connectTimeout });
      try {
        await connection.query("SELECT 1");
      } finally {
        connection.destroy();
      }
    },
    quitSignal: "SIGTERM",
  });
  const address = { host: "127.0.0.1", port: server.port, ...credentials };
  return Object.assign(new StartedServer(server), withUri("mysql:", address));
}
