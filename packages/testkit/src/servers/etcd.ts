import { basename, join } from "node:path";
import { Etcd3 } from "etcd3";
import { provide, type Requirement } from "./install.ts";
import { knock } from "./knock.ts";
import { NamedServer, type RealServer, StartedServer, type StartOptions } from "./real-server.ts";
import { type Place, ServerProcess } from "./server-process.ts";

const NAMED = {
  variable: "LOCKSTEP_TEST_ETCD",
  example: "127.0.0.1:2379",
  container:
    "docker run -d -p 2379:2379 quay.io/coreos/etcd:v3.5.21 etcd --listen-client-urls http://0.0.0.0:2379 --advertise-client-urls http://127.0.0.1:2379",
};
const REQUIREMENT: Requirement = {
  name: "etcd",
  binaries: ["etcd"],
  debianPackage: "etcd-server",
  named: NAMED,
};
const GREETING_MS_MAX = 2_000;

/** A real etcd, of one member. */
export interface EtcdServer extends RealServer {
  /** `host:port` for clients, without TLS. */
  readonly endpoint: string;
}

/**
 * An etcd to work with: the one that `LOCKSTEP_TEST_ETCD=host:port` names, else a new one on 127.0.0.1.
 *
 * @throws Error when etcd is missing and cannot be installed; the message lists the ways out.
 */
export async function startEtcd(options: StartOptions = {}): Promise<EtcdServer> {
  const endpoint = namedEndpoint();
  if (endpoint !== undefined) return Object.assign(new NamedServer(NAMED.variable), { endpoint });

  const server = await ServerProcess.start({
    name: REQUIREMENT.name,
    file: await provide(REQUIREMENT),
    args,
    // As a variable and not as a flag, because versions that do not know it still start.
    environment: options.durable === true ? {} : { ETCD_UNSAFE_NO_FSYNC: "true" },
    greet,
    quitSignal: "SIGTERM",
  });
  return Object.assign(new StartedServer(server), { endpoint: `127.0.0.1:${server.port}` });
}

function namedEndpoint(): string | undefined {
  const text = process.env[NAMED.variable];
  if (text === undefined || text === "") return undefined;
  if (/^[^/\s,]+:\d+$/.test(text)) return text;
  throw new Error(`${NAMED.variable}=${text} is not an address of the form ${NAMED.example}.`);
}

function args({ folder, port }: Place): readonly string[] {
  const client = `http://127.0.0.1:${port}`;
  // Nobody connects to the peer port of a lone member, so any free port will do, and the address is not used.
  const peer = "http://127.0.0.1:0";
  const name = memberNameOf(folder);
  return [
    ...["--name", name, "--data-dir", join(folder, "data"), "--logger", "zap", "--log-level", "warn"],
    ...["--listen-client-urls", client, "--advertise-client-urls", client],
    ...[
      "--listen-peer-urls",
      peer,
      "--initial-advertise-peer-urls",
      peer,
      "--initial-cluster",
      `${name}=${peer}`,
    ],
    // A lone member elects itself after one election time-out: a second by default.
    ...["--heartbeat-interval", "20", "--election-timeout", "200"],
  ];
}

/** The name of the folder, which mkdtemp made unique. */
function memberNameOf(folder: string): string {
  return basename(folder);
}

async function greet({ folder, port }: Place): Promise<void> {
  await knock(port); // gRPC waits a second between attempts to connect; a plain socket fails or connects at once.
  const client = new Etcd3({
    hosts: `http://127.0.0.1:${port}`,
    defaultCallOptions: () => ({ deadline: Date.now() + GREETING_MS_MAX }),
  });
  try {
    const { members } = await client.cluster.memberList({});
    if (members.every((member) => member.name !== memberNameOf(folder))) {
      throw new Error(`Another etcd answers on port ${port}.`);
    }
    await client.get("lockstep-greeting"); // A linearizable read: an answer shows that there is a leader.
  } finally {
    client.close();
  }
}
