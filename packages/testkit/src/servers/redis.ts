import { Redis } from "ioredis";
import { provide, type Requirement } from "./install.ts";
import { namedAddress } from "./named-address.ts";
import { NamedServer, type RealServer, StartedServer, type StartOptions } from "./real-server.ts";
import { ServerProcess } from "./server-process.ts";

const NAMED = {
  variable: "LOCKSTEP_TEST_REDIS",
  example: "redis://127.0.0.1:6379",
  container: "docker run -d -p 6379:6379 redis:7",
};
const REQUIREMENT: Requirement = {
  name: "Redis",
  binaries: ["redis-server", "valkey-server"],
  debianPackage: "redis-server",
  named: NAMED,
};
const FORM = { schemes: ["redis:"], portDefault: 6379, example: NAMED.example };
const CONNECT_MS_MAX = 5_000;

/** A real Redis (or Valkey) with one node. */
export interface RedisServer extends RealServer {
  readonly host: string;
  readonly port: number;
  /** `redis://host:port`, or the URL that the environment named, with its credentials. */
  readonly url: string;
}

/**
 * A Redis to work with: the one that `LOCKSTEP_TEST_REDIS=redis://host:port` names, else a new one on 127.0.0.1, which
 * writes every change to its append-only file.
 *
 * @throws Error when Redis is missing and cannot be installed; the message lists the ways out.
 */
export async function startRedis(options: StartOptions = {}): Promise<RedisServer> {
  const named = namedAddress(NAMED.variable, FORM);
  if (named !== undefined) {
    const { host, port, url } = named;
    return Object.assign(new NamedServer(NAMED.variable), { host, port, url });
  }

  const server = await ServerProcess.start({
    name: REQUIREMENT.name,
    file: await provide(REQUIREMENT),
    args: ({ folder, port }) => [
      ...["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, "--daemonize", "no"],
      // With "no" the operating system decides when to flush; the data survives a SIGKILL.
      ...["--appendonly", "yes", "--appendfsync", options.durable === true ? "always" : "no", "--save", ""],
    ],
    greet,
    quitSignal: "SIGTERM",
  });
  const { port } = server;
  return Object.assign(new StartedServer(server), {
    host: "127.0.0.1",
    port,
    url: `redis://127.0.0.1:${port}`,
  });
}

async function greet({ port }: { port: number }, pid: number): Promise<void> {
  const client = new Redis({
    ...{ host: "127.0.0.1", port, connectTimeout: CONNECT_MS_MAX, commandTimeout: CONNECT_MS_MAX },
    ...{ lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 },
  });
  client.on("error", () => {}); // `connect` rejects with the same error.
  try {
    await client.connect();
    const info = await client.info("server");
    if (!info.includes(`process_id:${pid}\r\n`)) throw new Error(`Another Redis answers on port ${port}.`);
    await client.ping(); // Rejects while Redis loads its data.
  } finally {
    client.disconnect();
  }
}
