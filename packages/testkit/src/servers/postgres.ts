import { randomBytes } from "node:crypto";
import { chown, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { provide, type Requirement } from "./install.ts";
import { type Address, namedAddress, withUri } from "./named-address.ts";
import { NamedServer, type RealServer, StartedServer, type StartOptions } from "./real-server.ts";
import { type Command, type RunAs, ServerProcess } from "./server-process.ts";

const NAMED = {
  variable: "LOCKSTEP_TEST_POSTGRES",
  example: "postgres://postgres:secret@127.0.0.1:5432",
  container:
    "docker run -d -p 5432:5432 -e POSTGRES_PASSWORD=secret postgres:15 -c max_prepared_transactions=64",
};
const REQUIREMENT: Requirement = {
  name: "PostgreSQL",
  binaries: ["postgres"],
  debianPackage: "postgresql",
  named: NAMED,
};
const USER = "lockstep";
const FORM = { schemes: ["postgres:", "postgresql:"], portDefault: 5432, example: NAMED.example };
const CONNECTIONS_MAX = 300;
/** Two-phase commits that may be open at once. PostgreSQL's default is 0, with which it refuses XA. */
const PREPARED_TRANSACTIONS_MAX = 64;
const CONNECT_MS_MAX = 5_000;

/** A real PostgreSQL, with a superuser, which allows prepared transactions. */
export interface PostgresServer extends RealServer, Address {
  /** `postgres://user:password@host:port/database`; the database `postgres` is always there. */
  uri(database: string): string;
}

/**
 * A PostgreSQL to work with: the one that `LOCKSTEP_TEST_POSTGRES=postgres://user:password@host:port` names, else a new
 * one on 127.0.0.1. PostgreSQL refuses to run as root; when we are root it runs as `postgres` or `nobody`.
 *
 * @throws Error when PostgreSQL is missing and cannot be installed; the message lists the ways out.
 */
export async function startPostgres(options: StartOptions = {}): Promise<PostgresServer> {
  const named = namedAddress(NAMED.variable, FORM);
  if (named !== undefined) return Object.assign(new NamedServer(NAMED.variable), withUri("postgres:", named));

  const file = await provide(REQUIREMENT);
  // A new password each time, so that only this server can answer the greeting.
  const credentials = { user: USER, password: randomBytes(12).toString("hex") };
  const runAs = process.getuid?.() === 0 ? await unprivilegedUser() : undefined;
  const server = await ServerProcess.start({
    name: REQUIREMENT.name,
    file,
    runAs,
    initialise: (folder) => initialise({ file, folder, runAs, ...credentials }),
    args: ({ folder, port }) => [
      ...["-D", join(folder, "data"), "-h", "127.0.0.1", "-p", `${port}`, "-k", folder],
      ...settings({
        max_connections: CONNECTIONS_MAX,
        max_prepared_transactions: PREPARED_TRANSACTIONS_MAX,
        shared_buffers: options.durable === true ? "256MB" : "32MB",
        // Shared memory in the folder, which the keeper removes, and not in /dev/shm, which is small in containers.
        dynamic_shared_memory_type: "mmap",
        // Commits still go to the operating system, where they survive a SIGKILL.
        ...(options.durable === true ? {} : { fsync: "off" }),
      }),
    ],
    greet: async ({ port }) => {
      const client = new Client({
        ...{ host: "127.0.0.1", port, database: "postgres", ...credentials },
        connectionTimeoutMillis: CONNECT_MS_MAX,
      });
      client.on("error", () => {}); // `connect` and `query` reject with the same error.
      try {
        await client.connect();
        await client.query("SELECT 1");
      } finally {
        await client.end();
      }
    },
    quitSignal: "SIGINT",
    crashSignal: "QUIT",
  });
  const address = { host: "127.0.0.1", port: server.port, ...credentials };
  return Object.assign(new StartedServer(server), withUri("postgres:", address));
}

interface InitialiseOptions {
  readonly file: string;
  readonly folder: string;
  readonly runAs: RunAs | undefined;
  readonly user: string;
  readonly password: string;
}

async function initialise({ file, folder, runAs, user, password }: InitialiseOptions): Promise<Command> {
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (runAs !== undefined) await chown(passwordFile, runAs.uid, runAs.gid);
  return {
    file: join(dirname(file), "initdb"),
    args: [
      ...["-D", join(folder, "data"), "-U", user, "--auth=scram-sha-256", `--pwfile=${passwordFile}`],
      ...["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"],
    ],
  };
}

function settings(values: Readonly<Record<string, string | number>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** The user `postgres`, which Debian's package makes, else `nobody`. */
async function unprivilegedUser(): Promise<RunAs> {
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const wanted of ["postgres", "nobody"]) {
    const [, , uid, gid] = users.find(([name]) => name === wanted) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    "PostgreSQL refuses to run as root, and /etc/passwd has neither postgres nor nobody to run it as.",
  );
}
