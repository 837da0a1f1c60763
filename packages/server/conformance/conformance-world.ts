/**
 * The world of the conformance scenarios (protocol 13): a coordinator on an SQLite file with both doors and real calls
 * of branches, whose clock a test moves as the scenarios say (`+180 s`).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, fromBinary, fromJsonString, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { Directory } from "@lockstep/discovery";
import {
  API_BASE_PATH,
  authorityOf,
  DtmBranchRequestSchema,
  type DtmProgress,
  DtmProgressesReplySchema,
  DtmRequestSchema,
  type DtmTransaction,
  messageOfRequest,
  type TransactionRequest,
  type TransactionView,
  transGlobalOf,
} from "@lockstep/protocol";
import type { Door } from "../src/api/door.ts";
import { startGrpcDoor } from "../src/api/grpc/grpc-door.ts";
import { startHttpDoor } from "../src/api/http/http-door.ts";
import { Operations } from "../src/api/operations.ts";
import { aRequest, type RequestChanges } from "../src/api/request-fixture.ts";
import { createBranchCaller } from "../src/branches/branch-caller.ts";
import { Engine } from "../src/engine/engine.ts";
import { LIMITS, ManualClock } from "../src/engine/engine-fixture.ts";
import { SqliteStore } from "../src/stores/sqlite/sqlite-store.ts";
import type { Gid } from "../src/transaction/model.ts";

/** What a door answered: `OK`, or the message of the refusal. */
export type Answer = string;

/** How a caller asks: through one of the doors. */
export interface Caller {
  prepare(request: RequestChanges): Promise<Answer>;
  submit(request: RequestChanges): Promise<Answer>;
  abort(request: RequestChanges): Promise<Answer>;
  register(registration: Registration): Promise<Answer>;
  prepareWorkflow(request: RequestChanges): Promise<KnownWorkflow>;
}

/** A caller through the JSON-RPC door, which has no workflows (protocol 3). */
export type JsonRpcCaller = Omit<Caller, "prepareWorkflow">;

/** A workflow as its executing process gets it: where it stands, and the rows `01 action: succeed data`. */
export interface KnownWorkflow {
  readonly status: string;
  readonly reason: string;
  readonly result: string;
  readonly rows: readonly string[];
}

/** A branch to register: what is not named is a URL or another text that the mode asks for. */
export interface Registration {
  readonly gid: string;
  readonly transType: string;
  readonly branchId: string;
  readonly data?: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** One call that came to a branch: `POST 01 confirm`. */
export type BranchHeard = string;

/** The branches' HTTP server. A branch answers 200, unless the test has said what its next calls are answered. */
export class ScriptedBranches {
  readonly heard: BranchHeard[] = [];
  readonly bodies: string[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #holds = new Map<string, () => void>();
  readonly #released = Promise.withResolvers<void>();
  readonly #next = new Map<string, Array<readonly [status: number, body: string]>>();

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  /** The URL of one op of a branch. */
  url(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  /** The next calls of the op `01 confirm` are answered so, one after the other. */
  will(op: string, ...answers: ReadonlyArray<readonly [status: number, body: string]>): void {
    this.#next.set(op, [...answers]);
  }

  /** Keeps the next call of the op waiting until `release`; resolves when the call has come. */
  hold(op: string): Promise<void> {
    const arrived = Promise.withResolvers<void>();
    this.#holds.set(op, arrived.resolve);
    return arrived.promise;
  }

  /** Answers what is kept waiting. */
  release(): void {
    this.#released.resolve();
  }

  async stop(): Promise<void> {
    this.release();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.bodies.push(Buffer.concat(await request.toArray()).toString());
    const query = new URL(request.url ?? "", "http://b").searchParams;
    const op = `${query.get("branch_id")} ${query.get("op")}`;
    this.heard.push(`${request.method} ${op}`);
    const arrived = this.#holds.get(op);
    if (arrived !== undefined) {
      arrived();
      await this.#released.promise;
    }
    const [status, body] = this.#next.get(op)?.shift() ?? [200, "{}"];
    response.writeHead(status).end(body);
  }
}

export interface ConformanceWorld extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly branches: ScriptedBranches;
  readonly http: Caller;
  readonly grpc: Caller;
  readonly jsonRpc: JsonRpcCaller;
  /** What `query` shows; undefined where there is no such transaction. */
  viewOf(gid: string): Promise<TransactionView | undefined>;
  /** The stored status; undefined where there is no such transaction. */
  statusOf(gid: string): Promise<string | undefined>;
  /** Why it is rolled back. */
  reasonOf(gid: string): Promise<string | undefined>;
  /** The rows of `query`, as the scenarios write them: P, S or F, in order. */
  rowsOf(gid: string): Promise<string>;
}

/** Opens the world; the test disposes of it. */
export async function aConformanceWorld(): Promise<ConformanceWorld> {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-conformance-"));
  const clock = new ManualClock();
  const branches = new ScriptedBranches();
  await branches.start();
  const store = await SqliteStore.open({ path: join(folder, "lockstep.db"), clock });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const directory = new Directory();
  const caller = createBranchCaller({ directory, version: "test", connectionsPerOriginMax: 100 });
  let made = 0;
  const newGid = (): Gid => `g${made++}` as Gid;
  const ports = { store, branches: caller, clock, random: () => 0.5, newGid, observe: () => undefined };
  const engine = new Engine(ports, LIMITS, "conformance");
  engine.start();
  const operations = new Operations({ engine, version: "test" });
  const options = { operations, host: "127.0.0.1", port: 0, log };
  const httpDoor = await startHttpDoor(options);
  const grpcDoor = await startGrpcDoor(options);
  const grpc = new GrpcCaller(grpcDoor);
  const viewOf = async (gid: string) => operations.query(gid, { actor: "test" });
  return {
    clock,
    branches,
    http: httpCaller(httpDoor),
    grpc,
    jsonRpc: jsonRpcCaller(httpDoor),
    viewOf,
    statusOf: async (gid) => (await viewOf(gid))?.transaction.status,
    reasonOf: async (gid) => (await viewOf(gid))?.transaction.rollback_reason,
    rowsOf: async (gid) =>
      ((await viewOf(gid))?.branches ?? []).map(({ status }) => status.slice(0, 1).toUpperCase()).join(""),
    async [Symbol.asyncDispose]() {
      grpc.close();
      await Promise.all([httpDoor.stop(), grpcDoor.stop()]);
      // What is out is cut off by the end of the drain, which the clock must reach.
      const stopped = engine.stop();
      await clock.advance(LIMITS.drainMs);
      await stopped;
      await caller.close();
      await store.close();
      await branches.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function bare(changes: RequestChanges): TransactionRequest {
  return aRequest({ steps: [], payloads: [], ...changes });
}

function httpCaller({ address }: Door): Caller {
  const post = async (operation: string, body: string): Promise<Answer> => {
    const url = `http://${authorityOf(address)}${API_BASE_PATH}/${operation}`;
    const response = await fetch(url, { method: "POST", body });
    const { message } = (await response.json()) as { readonly message?: string };
    return response.status === 200 ? "OK" : (message ?? `HTTP ${response.status}`);
  };
  return {
    prepareWorkflow: async (request) => {
      const url = `http://${authorityOf(address)}${API_BASE_PATH}/prepareWorkflow`;
      const response = await fetch(url, { method: "POST", body: transGlobalOf(bare(request)) });
      // As dtm's Go client reads it.
      const { Transaction, Progresses } = fromJsonString(DtmProgressesReplySchema, await response.text(), {
        ignoreUnknownFields: true,
      });
      return knownWorkflowOf(Transaction, Progresses);
    },
    prepare: (request) => post("prepare", transGlobalOf(bare(request))),
    submit: (request) => post("submit", transGlobalOf(bare(request))),
    abort: (request) => post("abort", transGlobalOf(bare(request))),
    register: ({ gid, transType, branchId, data, fields }) =>
      post(
        "registerBranch",
        JSON.stringify({ ...fields, data, gid, trans_type: transType, branch_id: branchId }),
      ),
  };
}

function jsonRpcCaller({ address }: Door): JsonRpcCaller {
  const call = async (method: string, params: string): Promise<Answer> => {
    const body = `{"jsonrpc":"2.0","id":"7","method":"${method}","params":${params}}`;
    const response = await fetch(`http://${authorityOf(address)}/api/json-rpc`, { method: "POST", body });
    const { error } = (await response.json()) as { readonly error: { readonly message: string } | null };
    return error === null ? "OK" : error.message;
  };
  return {
    prepare: (request) => call("prepare", transGlobalOf(bare(request))),
    submit: (request) => call("submit", transGlobalOf(bare(request))),
    abort: (request) => call("abort", transGlobalOf(bare(request))),
    register: ({ gid, transType, branchId, data, fields }) =>
      call(
        "registerBranch",
        JSON.stringify({ ...fields, data, gid, trans_type: transType, branch_id: branchId }),
      ),
  };
}

function knownWorkflowOf(
  transaction: DtmTransaction | undefined,
  progresses: readonly DtmProgress[],
): KnownWorkflow {
  const { Status = "", RollbackReason = "", Result = "" } = transaction ?? {};
  return {
    status: Status,
    reason: RollbackReason,
    result: Result,
    rows: progresses.map(
      (row) => `${row.BranchID} ${row.Op}: ${row.Status} ${Buffer.from(row.BinData).toString()}`,
    ),
  };
}

class GrpcCaller implements Caller {
  readonly #client: Client;

  constructor({ address }: Door) {
    this.#client = new Client(authorityOf(address), credentials.createInsecure());
  }

  prepare(request: RequestChanges): Promise<Answer> {
    return this.#transaction("Prepare", request);
  }

  submit(request: RequestChanges): Promise<Answer> {
    return this.#transaction("Submit", request);
  }

  abort(request: RequestChanges): Promise<Answer> {
    return this.#transaction("Abort", request);
  }

  register({ gid, transType, branchId, data = "", fields }: Registration): Promise<Answer> {
    const message = create(DtmBranchRequestSchema, {
      Gid: gid,
      TransType: transType,
      BranchID: branchId,
      BusiPayload: new TextEncoder().encode(data),
      Data: { ...fields },
    });
    return this.#call("RegisterBranch", toBinary(DtmBranchRequestSchema, message));
  }

  async prepareWorkflow(request: RequestChanges): Promise<KnownWorkflow> {
    const message = toBinary(DtmRequestSchema, messageOfRequest(bare(request)));
    const reply = await this.#reply("PrepareWorkflow", message);
    if (reply instanceof Error) throw reply;
    const { Transaction, Progresses } = fromBinary(DtmProgressesReplySchema, reply);
    return knownWorkflowOf(Transaction, Progresses);
  }

  close(): void {
    this.#client.close();
  }

  #transaction(method: string, request: RequestChanges): Promise<Answer> {
    return this.#call(method, toBinary(DtmRequestSchema, messageOfRequest(bare(request))));
  }

  async #call(method: string, bytes: Uint8Array): Promise<Answer> {
    const reply = await this.#reply(method, bytes);
    return reply instanceof Error ? reply.details : "OK";
  }

  #reply(method: string, bytes: Uint8Array): Promise<Buffer | ServiceError> {
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        `/dtmgimp.Dtm/${method}`,
        (message: Uint8Array) => Buffer.from(message),
        (answer: Buffer) => answer,
        bytes,
        (error: ServiceError | null, answer: Buffer = Buffer.alloc(0)) => resolve(error ?? answer),
      );
    });
  }
}
