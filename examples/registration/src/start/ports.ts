import { createServer } from "node:net";
import { SettingsError } from "../service/settings.ts";

/** The host on which all services of `npm start` listen. */
export const HOST = "127.0.0.1";

/** The ports, the services that listen there, and the variables that change them. */
export const PORTS = {
  userApi: { who: "user-api", env: "USER_API_PORT", fallback: 8_888 },
  userRpc: { who: "user-rpc", env: "USER_RPC_PORT", fallback: 8_080 },
  scoreRpc: { who: "score-rpc", env: "SCORE_RPC_PORT", fallback: 8_096 },
  coordinatorHttp: { who: "coordinator, HTTP", env: "COORDINATOR_HTTP_PORT", fallback: 36_789 },
  coordinatorGrpc: { who: "coordinator, gRPC", env: "COORDINATOR_GRPC_PORT", fallback: 36_790 },
} as const;

export type Ports = { readonly [Name in keyof typeof PORTS]: number };

const NAMES = Object.keys(PORTS) as readonly (keyof Ports)[];

/** The ports that the environment asks for. @throws SettingsError with every problem */
export function parsePorts(env: Readonly<Record<string, string | undefined>>): Ports {
  const problems: string[] = [];
  const portOf = (name: keyof Ports): number => {
    const text = env[PORTS[name].env]?.trim() || String(PORTS[name].fallback);
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port >= 1 && port <= 65_535) return port;
    problems.push(`${PORTS[name].env} must be a port from 1 to 65535, not "${text}"`);
    return 0;
  };
  const ports = Object.fromEntries(NAMES.map((name) => [name, portOf(name)])) as Ports;
  for (const [index, name] of NAMES.entries()) {
    const twin = NAMES.slice(0, index).find((other) => ports[other] === ports[name] && ports[name] !== 0);
    if (twin === undefined) continue;
    problems.push(`${PORTS[twin].env} and ${PORTS[name].env} are both ${ports[name]}; each needs its own`);
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return ports;
}

/** @throws Error that names every port that is taken, and how to choose another */
export async function checkFree(ports: Ports): Promise<void> {
  const problems: string[] = [];
  for (const name of NAMES) {
    const why = await obstacleTo(ports[name]);
    if (why === undefined) continue;
    const { who, env } = PORTS[name];
    problems.push(`port ${ports[name]} (${who}) ${why}; free it, or choose another by ${env}`);
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

function obstacleTo(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code === "EADDRINUSE" ? "is taken" : `cannot be had (${error.code ?? error.message})`);
    });
    probe.listen({ port, host: HOST, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}
