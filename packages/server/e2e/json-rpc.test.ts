// Goal: callers and branches that speak JSON-RPC get what dtm promises them, over real sockets (scenario 34, with a saga;
//   protocol 3 and 4.4).
// Method: a real coordinator and a real branch, whose answers are given in order.
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";
import { type RunningServer, serve } from "../src/serve.ts";

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
const DONE = { status: 200, body: '{"jsonrpc":"2.0","id":"x","result":{}}' };

interface Reply {
  readonly status: number;
  readonly body: string;
}

let running: RunningServer;
let branch: Server;
let host: string;
let arrivals: string[] = [];
let lastHeaders: IncomingHttpHeaders = {};
/** The next answers of each method; then it is done. */
let replies: Record<string, Reply[]> = {};

beforeAll(async () => {
  const flags = { httpPort: "0", grpcPort: "0", store: "memory:" };
  const env = { LOCKSTEP_RETRY_BASE_MS: "10" };
  running = await serve(loadConfig({ flags, env }).config, { log: SILENT });
  branch = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    lastHeaders = request.headers;
    arrivals.push(`${request.method} ${request.url} ${Buffer.concat(chunks)}`);
    const method = new URL(request.url ?? "", "http://branch").searchParams.get("method") ?? "";
    const { status, body } = replies[method]?.shift() ?? DONE;
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => branch.listen(0, "127.0.0.1", resolve));
  host = `http://127.0.0.1:${(branch.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await running.stop();
  await new Promise((resolve) => branch.close(resolve));
});

beforeEach(() => {
  arrivals = [];
  replies = {};
});

function error(code: number, message: string): Reply {
  return { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id: "x", error: { code, message } }) };
}

const OTHER = error(-23977, "OTHER");
const ONGOING = error(-32902, "ONGOING");
const FAILURE = error(-32901, "no money");

async function call(method: string, params: object): Promise<{ error: { code: number; message: string } }> {
  const response = await fetch(`http://127.0.0.1:${running.http.port}/api/json-rpc`, {
    method: "POST",
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return (await response.json()) as Awaited<ReturnType<typeof call>>;
}

function saga(gid: string, payloads: readonly string[] = ['{"amount":30}']) {
  const step = { action: `${host}/rpc?method=out&k=1`, compensate: `${host}/rpc?method=outUndo` };
  const steps = payloads.map(() => step);
  return { gid, trans_type: "saga", protocol: "json-rpc", wait_result: true, steps, payloads };
}

async function statusOf(gid: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${running.http.port}/api/dtmsvr/query?gid=${gid}`);
  const { transaction } = (await response.json()) as { transaction: { status: string } | null };
  return transaction?.status ?? "";
}

test("OTHER, ONGOING and no JSON keep a saga submitted; then it succeeds (scenario 34)", async () => {
  replies = { out: [OTHER, ONGOING, { status: 200, body: "<html>" }, { status: 500, body: "{}" }] };
  // A bad answer ends no wait: the answer to it is the end of the saga.
  expect(await call("submit", saga("rpc-1"))).toEqual({ error: null, id: 1, jsonrpc: "2.0", result: null });
  expect(await statusOf("rpc-1")).toBe("succeed");
  const body =
    '{"id":"rpc-1-01-action","jsonrpc":"2.0","method":"out",' +
    '"params":{"amount":30,"branch_id":"01","gid":"rpc-1","op":"action","trans_type":"saga"}}';
  // The URL goes unchanged.
  expect(arrivals).toEqual(Array.from({ length: 5 }, () => `POST /rpc?method=out&k=1 ${body}`));
});

test("JSON-RPC failure codes match: -32901 rolls back, and FAILURE of a compensation does not count", async () => {
  replies = { out: [FAILURE], outUndo: [FAILURE, OTHER, ONGOING] };
  const answer = await call("submit", saga("rpc-2"));
  expect(answer.error).toMatchObject({ code: -32901, message: expect.stringContaining("no money FAILURE") });
  const ended = async (): Promise<string> => {
    const status = await statusOf("rpc-2");
    return status === "failed" ? status : ended();
  };
  expect(await ended()).toBe("failed");
  expect(arrivals.map((arrival) => arrival.slice(0, 26))).toEqual([
    "POST /rpc?method=out&k=1 {",
    ...Array.from({ length: 4 }, () => "POST /rpc?method=outUndo {"),
  ]);
});

test("headers are those of any HTTP branch, and the transaction's own", async () => {
  await call("submit", { ...saga("rpc-7"), branch_headers: { "x-tenant": "a" } });
  expect(lastHeaders).toMatchObject({
    "content-type": "application/json",
    accept: "application/json",
    "x-tenant": "a",
    "user-agent": expect.stringMatching(/^lockstep\//),
  });
});

test("empty and null payloads have no members (Q49)", async () => {
  await call("submit", saga("rpc-3", ["", "null"]));
  expect(await statusOf("rpc-3")).toBe("succeed");
  expect(arrivals.map((arrival) => arrival.slice(arrival.indexOf("params")))).toEqual(
    ["01", "02"].map(
      (id) => `params":{"branch_id":"${id}","gid":"rpc-3","op":"action","trans_type":"saga"}}`,
    ),
  );
});

test.for(["[1]", "7", '"x"', "{", "true"])("a payload %s is refused at the door", async (payload) => {
  const { error } = await call("submit", saga("rpc-4", [payload]));
  expect(error).toMatchObject({
    code: -32603,
    message: expect.stringMatching(
      /^steps\[0\]\.action: The branch is called by JSON-RPC\. The payload must be /,
    ),
    data: { code: "invalid_argument" },
  });
  expect(await statusOf("rpc-4")).toBe("");
  expect(arrivals).toEqual([]);
});

test("a tcc branch with such data is refused, too, and a plain one in the same transaction may have any", async () => {
  const about = { gid: "rpc-5", trans_type: "tcc" };
  await call("prepare", { ...about, protocol: "json-rpc" });
  const branch = { ...about, branch_id: "01", data: "[1]", cancel: `${host}/c` };
  expect(await call("registerBranch", { ...branch, confirm: `${host}/rpc?method=in` })).toMatchObject({
    error: { code: -32603, message: expect.stringMatching(/^confirm: The branch is called by JSON-RPC/) },
  });
  expect(await call("registerBranch", { ...branch, confirm: `${host}/plain` })).toMatchObject({
    error: null,
  });
  await call("submit", { ...about, protocol: "json-rpc", wait_result: true });
  expect(arrivals).toEqual(["POST /plain?branch_id=01&gid=rpc-5&op=confirm&trans_type=tcc [1]"]);
});

test("a redirect that keeps method and body is followed, another one is unknown", async () => {
  const before = createServer((_request, response) => {
    response.writeHead(307, { location: `${host}/moved?method=out` }).end();
  });
  await new Promise<void>((resolve) => before.listen(0, "127.0.0.1", resolve));
  const { port } = before.address() as AddressInfo;
  const steps = [{ action: `http://127.0.0.1:${port}/rpc?method=out`, compensate: "" }];
  const answer = await call("submit", { ...saga("rpc-6"), steps });
  expect(answer.error).toBeNull();
  expect(arrivals).toEqual([expect.stringContaining('POST /moved?method=out {"id":"rpc-6-01-action"')]);
  await new Promise((resolve) => before.close(resolve));
});
