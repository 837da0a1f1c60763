/**
 * A bare relay: takes the same request as the coordinator, makes the same two calls, answers the same, and stores
 * nothing. What it does a second is what this machine has for a coordinator on HTTP and Node.js.
 *
 * Written as somebody would who wants it fast: the coordinator's HTTP server and client libraries, their
 * documented interfaces, a pool of connections, the same request lines, headers and bodies, no checks.
 *
 * Run by `embedded.ts` as a process of its own: `node relay.ts`.
 */
import { API_BASE_PATH } from "@lockstep/protocol";
import { fastify } from "fastify";
import { Pool } from "undici";

const CONNECTIONS_PER_ORIGIN_MAX = 256;
const CALL_HEADERS = [
  ...["content-type", "application/json", "user-agent", "lockstep/relay"],
  ...["accept-encoding", "identity", "accept", "application/json"],
];

interface Saga {
  readonly gid: string;
  readonly trans_type: string;
  readonly steps: readonly { readonly action: string }[];
  readonly payloads: readonly string[];
}

const pools = new Map<string, Pool>();

function poolOf(origin: string): Pool {
  let pool = pools.get(origin);
  if (pool === undefined) {
    pool = new Pool(origin, { connections: CONNECTIONS_PER_ORIGIN_MAX, pipelining: 1, allowH2: false });
    pools.set(origin, pool);
  }
  return pool;
}

async function relay(saga: Saga): Promise<void> {
  const { gid, trans_type: transType, steps, payloads } = saga;
  for (const [index, { action }] of steps.entries()) {
    const pathAt = action.indexOf("/", "https://".length);
    const query = `branch_id=0${index + 1}&gid=${gid}&op=action&trans_type=${transType}`;
    const path = `${action.slice(pathAt)}?${query}`;
    const pool = poolOf(action.slice(0, pathAt));
    const answer = await pool.request({
      path,
      method: "POST",
      headers: CALL_HEADERS,
      body: payloads[index] ?? "",
    });
    const body = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${action} answered ${answer.statusCode}: ${body}`);
  }
}

const app = fastify({ logger: false });
app.post<{ Body: Saga }>(`${API_BASE_PATH}/submit`, async ({ body }, reply) => {
  await relay(body);
  return reply.header("content-type", "application/json; charset=utf-8").send('{"dtm_result":"SUCCESS"}');
});
const address = await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`relay listening on ${address}\n`);
