import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Place, provide, type Requirement, ServerProcess } from "@lockstep/testkit/servers";

const BINARY_VARIABLE = "LOCKSTEP_BENCH_NGINX";
const REQUIREMENT: Requirement = {
  name: "nginx",
  binaries: ["nginx"],
  debianPackage: "nginx-light",
  named: { variable: BINARY_VARIABLE, example: "/opt/bench/nginx" },
};
const CALLS_PER_CONNECTION_MAX = 1_000_000_000;

/** The branches: an nginx with one worker, which answers success to whatever it is asked. */
export interface Branches extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** How many calls it has answered so far. */
  callCount(): Promise<number>;
}

/** Starts the branches on a free port. @throws Error when there is no nginx and none can be installed */
export async function startBranches(): Promise<Branches> {
  const server = await ServerProcess.start({
    name: REQUIREMENT.name,
    file: process.env[BINARY_VARIABLE] ?? (await provide(REQUIREMENT)),
    args: ({ folder, port }) => {
      writeFileSync(join(folder, "nginx.conf"), configurationOf({ folder, port }));
      return ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")];
    },
    greet,
    quitSignal: "SIGQUIT",
    // QUIT ends the worker too. After a KILL of the master the worker would live on.
    crashSignal: "QUIT",
  });
  const origin = `http://127.0.0.1:${server.port}`;
  let questionCount = 0;
  return {
    origin,
    async callCount() {
      questionCount += 1;
      const text = await textAt(`${origin}/status`);
      const requestCount = Number(/^ \d+ \d+ (\d+) $/m.exec(text)?.[1]);
      return requestCount - questionCount;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

function configurationOf({ folder, port }: Place): string {
  return `
    daemon off;
    worker_processes 1;
    pid nginx.pid;
    events { worker_connections 4096; }
    http {
      access_log off;
      client_body_temp_path body;
      keepalive_requests ${CALLS_PER_CONNECTION_MAX};
      server {
        listen 127.0.0.1:${port};
        default_type application/json;
        location / { return 200 '{"dtm_result":"SUCCESS"}'; }
        location = /greeting { return 200 "${basename(folder)}"; }
        location = /status { stub_status; }
      }
    }`;
}

async function greet({ folder, port }: Place): Promise<void> {
  const greeting = await textAt(`http://127.0.0.1:${port}/greeting`);
  if (greeting !== basename(folder)) throw new Error(`Another server answers on port ${port}.`);
}

async function textAt(url: string): Promise<string> {
  return (await fetch(url)).text();
}
