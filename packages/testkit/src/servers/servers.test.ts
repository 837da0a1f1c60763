// Goal: each server really runs, keeps acknowledged writes through a kill and a restart, and leaves nothing behind.
// Method: write and read with the driver that users would use; look at the process, the port and the folder.
import { existsSync } from "node:fs";
import { Etcd3 } from "etcd3";
import { Redis } from "ioredis";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { Client } from "pg";
import { afterEach, describe, expect, test, vi } from "vitest";
import { isFree } from "./free-port.ts";
import {
  type RealServer,
  type StartOptions,
  startEtcd,
  startMariaDb,
  startPostgres,
  startRedis,
} from "./index.ts";

/** The first start on a machine installs the server. */
vi.setConfig({ testTimeout: 300_000 });

/** One kind of server, and how to work with it. */
interface Subject<Server extends RealServer> {
  readonly start: (options?: StartOptions) => Promise<Server>;
  readonly variable: string;
  /** The value of `variable` that names this server. */
  readonly addressOf: (server: Server) => string;
  readonly portOf: (server: Server) => number;
  readonly write: (server: Server, value: string) => Promise<void>;
  readonly read: (server: Server) => Promise<unknown>;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH: no such process.
  }
}

function pidOf(server: RealServer): number {
  expect(server.pid).toBeTypeOf("number");
  return server.pid ?? 0;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

function behavesAsRealServer<Server extends RealServer>(name: string, subject: Subject<Server>): void {
  const { start, variable, addressOf, portOf, write, read } = subject;
  describe(name, () => {
    test.for([{ durable: false }, { durable: true }])(
      "it runs with %j, and stop leaves nothing",
      async (options) => {
        const server = await start(options);
        const pid = pidOf(server);
        await write(server, "kept");
        expect(await read(server)).toBe("kept");

        await server.stop();
        expect(server.pid).toBeUndefined();
        expect(isAlive(pid)).toBe(false);
        expect(await isFree(portOf(server))).toBe(true);
        expect(server.folder).toBeTypeOf("string");
        expect(existsSync(server.folder ?? "")).toBe(false);
        await server.stop();
        await expect(server.restart()).rejects.toThrow("was stopped for good; start a new one");
      },
    );

    test("what it acknowledged outlives a kill, at the same address", async () => {
      await using server = await start();
      const before = { pid: pidOf(server), address: addressOf(server) };
      await write(server, "first");
      await server.kill();
      expect(server.pid).toBeUndefined();
      expect(isAlive(before.pid)).toBe(false);
      await expect(read(server)).rejects.toThrow();
      await server.kill(); // The server is down already.

      await server.restart();
      expect(addressOf(server)).toBe(before.address);
      expect(server.pid).not.toBe(before.pid);
      expect(await read(server)).toBe("first");
      await write(server, "second");
      await server.restart();
      expect(await read(server)).toBe("second");
    });

    test("several at once do not get in each other's way", async () => {
      const servers = await Promise.all([start(), start()]);
      const [one, other] = servers;
      try {
        expect(portOf(one)).not.toBe(portOf(other));
        await write(one, "one");
        await write(other, "other");
        expect([await read(one), await read(other)]).toEqual(["one", "other"]);
      } finally {
        await Promise.all(servers.map((server) => server.stop()));
      }
    });

    test("one that the environment names is used, and is not ours to end", async () => {
      await using theirs = await start();
      vi.stubEnv(variable, addressOf(theirs));
      const named = await start();
      expect(addressOf(named)).toBe(addressOf(theirs));
      expect([named.pid, named.folder]).toEqual([undefined, undefined]);
      await write(named, "through the named one");
      await expect(named.kill()).rejects.toThrow(`The server that ${variable} names is not ours`);
      await expect(named.restart()).rejects.toThrow(`The server that ${variable} names is not ours`);

      await named.stop();
      expect(isAlive(pidOf(theirs))).toBe(true);
      expect(await read(theirs)).toBe("through the named one");
    });

    test("an address in the environment that is none is refused", async () => {
      vi.stubEnv(variable, "nonsense");
      await expect(start()).rejects.toThrow(`${variable}`);
    });
  });
}

behavesAsRealServer("etcd", {
  start: startEtcd,
  variable: "LOCKSTEP_TEST_ETCD",
  addressOf: (server) => server.endpoint,
  portOf: (server) => Number(server.endpoint.split(":")[1]),
  write: (server, value) =>
    withEtcd(server.endpoint, async (client) => void (await client.put("key").value(value))),
  read: (server) => withEtcd(server.endpoint, (client) => client.get("key").string()),
});

async function withEtcd<T>(hosts: string, use: (client: Etcd3) => Promise<T>): Promise<T> {
  const client = new Etcd3({ hosts });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

behavesAsRealServer("MariaDB", {
  start: startMariaDb,
  variable: "LOCKSTEP_TEST_MARIADB",
  addressOf: (server) => server.uri("").replace(/\/$/, ""),
  portOf: (server) => server.port,
  write: async (server, value) => {
    const connection = await createConnection(server.uri(""));
    try {
      await connection.query("CREATE DATABASE IF NOT EXISTS zero_mall");
      await connection.query("CREATE TABLE IF NOT EXISTS zero_mall.kept (value varchar(99)) ENGINE=InnoDB");
      await connection.query("DELETE FROM zero_mall.kept");
      await connection.query("INSERT INTO zero_mall.kept VALUES (?)", [value]);
    } finally {
      await connection.end();
    }
  },
  read: async (server) => {
    const connection = await createConnection(server.uri("zero_mall"));
    try {
      const [rows] = await connection.query<RowDataPacket[]>("SELECT value FROM kept");
      return rows[0]?.["value"];
    } finally {
      await connection.end();
    }
  },
});

behavesAsRealServer("PostgreSQL", {
  start: startPostgres,
  variable: "LOCKSTEP_TEST_POSTGRES",
  addressOf: (server) => server.uri("").replace(/\/$/, ""),
  portOf: (server) => server.port,
  write: (server, value) =>
    withPostgres(server.uri("postgres"), async (client) => {
      await client.query("CREATE TABLE IF NOT EXISTS kept (value text)");
      // A prepared transaction, which PostgreSQL refuses by default.
      await client.query("BEGIN");
      await client.query("DELETE FROM kept");
      await client.query("INSERT INTO kept VALUES ($1)", [value]);
      await client.query("PREPARE TRANSACTION 'kept'");
      await client.query("COMMIT PREPARED 'kept'");
    }),
  read: (server) =>
    withPostgres(server.uri("postgres"), async (client) => {
      const { rows } = await client.query<{ value: string }>("SELECT value FROM kept");
      return rows[0]?.value;
    }),
});

async function withPostgres<T>(connectionString: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

behavesAsRealServer("Redis", {
  start: startRedis,
  variable: "LOCKSTEP_TEST_REDIS",
  addressOf: (server) => server.url,
  portOf: (server) => server.port,
  write: (server, value) => withRedis(server.url, async (client) => void (await client.set("key", value))),
  read: (server) => withRedis(server.url, (client) => client.get("key")),
});

async function withRedis<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  client.on("error", () => {}); // `connect` rejects with the same error.
  try {
    await client.connect();
    return await use(client);
  } finally {
    client.disconnect();
  }
}
