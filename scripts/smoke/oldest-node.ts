// Runs on the oldest Node that the packages name, in a project that has the packages from their tarballs: see
// oldest-node-trial.ts. Tries the parts that depend most on Node: the command, node:sqlite, HTTP, gRPC.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { openCoordinator } from "@lockstep/server";
import { Barrier, barrierTable, grpcHandlers, grpcServiceOf, httpAnswerOf, Lockstep } from "lockstep";
import { Bank } from "../../packages/sdk/src/fixture/gen/bank_pb.ts";

const SERVE = ["serve", "--store", "sqlite:./served.db", "--http-port", "0", "--grpc-port", "0"];

const shop = new DatabaseSync("shop.db");
for (const sql of barrierTable("sqlite")) shop.exec(sql);
shop.exec("create table sale (gid text)");

/** One op of one branch, behind the barrier: it takes effect once, however often it is called. */
async function sell(source: object): Promise<void> {
  const barrier = Barrier.from(source);
  await barrier.call(shop, (tx) => tx.prepare("insert into sale values (?)").run(barrier.context.gid));
}

function expectEqual(what: string, seen: unknown, expected: unknown): void {
  if (seen !== expected) throw new Error(`${what}: ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`);
}

function salesOf(gid: string): unknown {
  return shop.prepare("select count(*) as sales from sale where gid = ?").get(gid)?.["sales"];
}

/** A branch over HTTP: `/sell`, and `/again`, which does the work twice, like a repeated call. */
const httpBranch = createServer(async (request, response) => {
  try {
    await sell(request);
    if (request.url?.startsWith("/again")) await sell(request);
    response.end("{}");
  } catch (error) {
    const { status, body } = httpAnswerOf(error);
    response.writeHead(status).end(JSON.stringify(body));
  }
}).listen(0, "127.0.0.1");
await once(httpBranch, "listening");
const bound = httpBranch.address();
if (bound === null || typeof bound === "string") throw new Error("a TCP server has a port");
const action = `http://127.0.0.1:${bound.port}/again`;

const grpcBranch = new Server();
const handlers = grpcHandlers(Bank, {
  transferOut: async (_, call) => {
    await sell(call);
    return {};
  },
});
grpcBranch.addService(grpcServiceOf(Bank), handlers);
const grpcPort = await new Promise<number>((resolve, reject) => {
  grpcBranch.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
});

const served: ChildProcess = spawn(process.execPath, ["node_modules/.bin/lockstep", ...SERVE], {
  stdio: ["ignore", "pipe", "pipe"],
});
let servedError = "";
served.stderr?.on("data", (chunk) => {
  servedError += chunk;
});
const ended = once(served, "close");
try {
  const [httpUrl, grpcUrl] = await addressesOf(served);
  await tryOverHttp(httpUrl);
  await tryOverGrpc(grpcUrl);
  served.kill("SIGTERM");
  expectEqual("`lockstep serve` ends with", (await ended)[0], 0);
  const lines = servedError.trim().split("\n");
  for (const line of lines) expectEqual(`the line "${line}" of stderr has`, typeof parsed(line), "object");
  await tryInProcess();
} finally {
  served.kill("SIGKILL");
  httpBranch.close();
  grpcBranch.forceShutdown();
}
console.log(
  `node ${process.versions.node}: the command, sagas over HTTP and gRPC, the barrier, openCoordinator`,
);

/** The addresses in the first line that the command prints. */
async function addressesOf(command: ChildProcess): Promise<readonly [http: string, grpc: string]> {
  if (command.stdout === null) throw new Error("the command's output is a pipe");
  for await (const line of createInterface(command.stdout)) {
    const [, http, grpc] = /(http:\/\/\S+) and (grpc:\/\/[^\s,]+)/.exec(line) ?? [];
    if (http !== undefined && grpc !== undefined) return [http, grpc];
  }
  throw new Error(`\`lockstep serve\` never said where it listens: ${servedError}`);
}

async function tryOverHttp(url: string): Promise<void> {
  const lockstep = new Lockstep(url);
  const { gid } = await lockstep.saga().step({ action }).step({ action }).submit({ wait: true });
  await lockstep.close();
  // One sale for each branch, although each branch did its work twice.
  expectEqual("a saga of two steps over HTTP sells", salesOf(gid), 2);
}

async function tryOverGrpc(url: string): Promise<void> {
  const lockstep = new Lockstep(url);
  const { transferOut } = lockstep.service(Bank, `127.0.0.1:${grpcPort}`);
  const request = { account: "alice", amount: 10n };
  const { gid } = await lockstep.saga().step({ action: transferOut, request }).submit({ wait: true });
  await lockstep.close();
  expectEqual("a saga of one step over gRPC sells", salesOf(gid), 1);
}

async function tryInProcess(): Promise<void> {
  const coordinator = await openCoordinator({ store: "sqlite:./embedded.db" });
  try {
    const { gid } = await new Lockstep(coordinator).saga().step({ action }).submit({ wait: true });
    const status: unknown = (await coordinator.query(gid))?.transaction.status;
    expectEqual("a saga of a coordinator in this process is", status, "succeed");
    expectEqual("it sells", salesOf(gid), 1);
  } finally {
    await coordinator.close();
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
