/**
 * dtm's routes (protocol 1.1), as far as this version offers them, and ours for operators. Handlers throw; the door
 * answers errors.
 */
import {
  API_BASE_PATH,
  LockstepError,
  parseBranchRegistration,
  parseTransGlobal,
  type TransactionRequest,
} from "@lockstep/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Caller, callerFrom } from "../caller.ts";
import type { BulkResult } from "../destination-bulk.ts";
import type { ListParameters } from "../list-parameters.ts";
import type { Operations, Wait } from "../operations.ts";
import {
  type DestinationRequest,
  parseDestination,
  parseRollBack,
  parseTakeAsDone,
} from "../operator-request.ts";
import { bodyTextOf } from "./body-text.ts";
import { SUCCESS_BODY, sendJson } from "./http-answers.ts";
import { answerJsonRpc } from "./json-rpc.ts";
import { waitMsOfPrefer } from "./prefer-header.ts";

export interface RoutesOptions {
  /** Whether to tell probes that requests should go elsewhere. */
  readonly isRetired: () => boolean;
  /** What does not work although the coordinator is ready, as a sentence. */
  readonly readyDetail?: (() => string | undefined) | undefined;
  /** The error that a caller may see for what was thrown; logs a mistake of ours. */
  readonly answerable: (thrown: unknown) => LockstepError;
  /** Aborts when the caller of this request goes away before it gets the answer. */
  readonly goneOf: (request: FastifyRequest) => AbortSignal;
  /** Makes a large answer when its turn has come; undefined when the caller has gone. */
  readonly inTurn: (
    request: FastifyRequest,
    reply: FastifyReply,
    make: () => Promise<string>,
  ) => Promise<string | undefined>;
}

export function addRoutes(app: FastifyInstance, operations: Operations, options: RoutesOptions): void {
  addChanges(app, operations, options);
  addJsonRpc(app, operations, options);
  addOperatorChanges(app, operations);
  addResetCronTime(app, operations, options);
  addQueries(app, operations, options);
  addProbes(app, operations, options);
}

function addChanges(app: FastifyInstance, operations: Operations, { goneOf, inTurn }: RoutesOptions): void {
  app.post(`${API_BASE_PATH}/prepare`, async (request, reply) => {
    await operations.prepare(transactionOf(request), callerOf(request));
    return sendJson(reply, SUCCESS_BODY);
  });
  app.post(`${API_BASE_PATH}/submit`, async (request, reply) => {
    const transaction = transactionOf(request);
    const wait = transaction.options.waitResult ? waitOf(request, goneOf) : {};
    await operations.submit(transaction, wait, callerOf(request));
    return sendJson(reply, SUCCESS_BODY);
  });
  app.post(`${API_BASE_PATH}/abort`, async (request, reply) => {
    await operations.abort(transactionOf(request), callerOf(request));
    return sendJson(reply, SUCCESS_BODY);
  });
  app.post(`${API_BASE_PATH}/prepareWorkflow`, async (request, reply) => {
    const body = await inTurn(request, reply, async () => {
      const { branches, transaction } = await operations.prepareWorkflow(
        transactionOf(request),
        callerOf(request),
      );
      return JSON.stringify({ progresses: branches, transaction });
    });
    return body === undefined ? reply.hijack() : sendJson(reply, body);
  });
  // The last two are the names that old clients use.
  for (const name of ["registerBranch", "registerXaBranch", "registerTccBranch"]) {
    app.post(`${API_BASE_PATH}/${name}`, async (request, reply) => {
      await operations.registerBranch(parseBranchRegistration(bodyTextOf(request)), callerOf(request));
      return sendJson(reply, SUCCESS_BODY);
    });
  }
  app.post(`${API_BASE_PATH}/forceStop`, async (request, reply) => {
    await operations.forceStop(transactionOf(request), callerOf(request));
    return sendJson(reply, SUCCESS_BODY);
  });
  app.post(`${API_BASE_PATH}/resetNextCronTime`, async (request, reply) => {
    await operations.resetNextCronTime(transactionOf(request), callerOf(request));
    return sendJson(reply, SUCCESS_BODY);
  });
}

/** When a caller goes away, its wait ends and its transaction goes on. */
function waitOf(request: FastifyRequest, goneOf: RoutesOptions["goneOf"]): Wait {
  return { waitMs: waitMsOfPrefer(request.headers["prefer"]), signal: goneOf(request) };
}

function addJsonRpc(
  app: FastifyInstance,
  operations: Operations,
  { goneOf, answerable }: RoutesOptions,
): void {
  app.post("/api/json-rpc", async (request, reply) => {
    const wait = (): Wait => waitOf(request, goneOf);
    const terms = { operations, caller: callerOf(request), wait, answerable };
    const { status, body } = await answerJsonRpc(() => bodyTextOf(request), terms);
    // dtm's own type of an answer to JSON that cannot be read.
    if (status === 400) return reply.code(status).type("text/plain; charset=utf-8").send(body);
    return sendJson(reply, body);
  });
}

/** What people ask for, beside dtm's `forceStop` and `resetNextCronTime`. */
function addOperatorChanges(app: FastifyInstance, operations: Operations): void {
  app.post(`${API_BASE_PATH}/rollBack`, async (request, reply) => {
    await operations.rollBack(parseRollBack(bodyTextOf(request)), callerOf(request));
    return sendJson(reply, SUCCESS_BODY);
  });
  app.post(`${API_BASE_PATH}/takeAsDone`, async (request, reply) => {
    await operations.takeAsDone(parseTakeAsDone(bodyTextOf(request)), callerOf(request));
    return sendJson(reply, SUCCESS_BODY);
  });
  app.post(`${API_BASE_PATH}/retryDestination`, async (request, reply) => {
    const asked = parseDestination(bodyTextOf(request));
    return sendJson(reply, bulkBodyOf(asked, await operations.retryDestination(asked, callerOf(request))));
  });
  app.post(`${API_BASE_PATH}/rollBackDestination`, async (request, reply) => {
    const asked = parseDestination(bodyTextOf(request));
    return sendJson(reply, bulkBodyOf(asked, await operations.rollBackDestination(asked, callerOf(request))));
  });
}

/** dtm asks for this with GET, although it changes something. It reads as many rows as lists do, so it has their turns. */
function addResetCronTime(app: FastifyInstance, operations: Operations, { inTurn }: RoutesOptions): void {
  app.get(`${API_BASE_PATH}/resetCronTime`, async (request, reply) => {
    const body = await inTurn(request, reply, async () => {
      const parameters = { timeout: parameterOf(request, "timeout"), limit: parameterOf(request, "limit") };
      const { done, hasMore } = await operations.resetCronTime(parameters, callerOf(request));
      return JSON.stringify({ has_remaining: hasMore, succeed_count: done });
    });
    return body === undefined ? reply.hijack() : sendJson(reply, body);
  });
}

function bulkBodyOf({ dryRun }: DestinationRequest, { hasMore, ...counts }: BulkResult): string {
  return JSON.stringify({ dtm_result: "SUCCESS", dry_run: dryRun, ...counts, has_more: hasMore });
}

function addQueries(app: FastifyInstance, operations: Operations, { inTurn }: RoutesOptions): void {
  app.get(`${API_BASE_PATH}/version`, (_request, reply) =>
    sendJson(reply, JSON.stringify({ version: operations.version })),
  );
  app.get(`${API_BASE_PATH}/newGid`, (request, reply) =>
    sendJson(reply, JSON.stringify({ dtm_result: "SUCCESS", gid: operations.newGid(callerOf(request)) })),
  );
  app.get(`${API_BASE_PATH}/query`, async (request, reply) => {
    const body = await inTurn(request, reply, async () => {
      const view = await operations.query(parameterOf(request, "gid") ?? "", callerOf(request));
      return JSON.stringify(view ?? { branches: [], transaction: null });
    });
    return body === undefined ? reply.hijack() : sendJson(reply, body);
  });
  app.get(`${API_BASE_PATH}/all`, async (request, reply) => {
    const body = await inTurn(request, reply, async () => {
      const page = await operations.all(listParametersOf(request), callerOf(request));
      return JSON.stringify({ next_position: page.nextPosition, transactions: page.transactions });
    });
    return body === undefined ? reply.hijack() : sendJson(reply, body);
  });
}

function addProbes(
  app: FastifyInstance,
  operations: Operations,
  { isRetired, readyDetail }: RoutesOptions,
): void {
  app.all("/api/ping", (_request, reply) => sendJson(reply, '{"msg":"pong"}'));
  app.get("/api/ready", async (request, reply) => {
    if (isRetired()) throw new LockstepError("unavailable", "The coordinator is stopping; ask another one.");
    await operations.ready(callerOf(request));
    // JSON leaves out a detail that is undefined.
    return sendJson(reply, JSON.stringify({ msg: "ready", detail: readyDetail?.() }));
  });
}

function callerOf({ ip, headers }: FastifyRequest): Caller {
  return callerFrom(`http ${ip}`, headers["traceparent"]);
}

/** The body of a request, whatever its Content-Type says. @throws LockstepError `invalid_argument` */
function transactionOf(request: FastifyRequest): TransactionRequest {
  return parseTransGlobal(bodyTextOf(request));
}

function listParametersOf(request: FastifyRequest): ListParameters {
  return {
    gid: parameterOf(request, "gid"),
    position: parameterOf(request, "position"),
    limit: parameterOf(request, "limit"),
    status: parameterOf(request, "status"),
    transType: parameterOf(request, "transType"),
    parked: parameterOf(request, "parked"),
    destination: parameterOf(request, "destination"),
    gidPrefix: parameterOf(request, "gidPrefix"),
    createTimeStart: parameterOf(request, "createTimeStart"),
    createTimeEnd: parameterOf(request, "createTimeEnd"),
  };
}

/** A query parameter; the first value where there are several. */
function parameterOf({ query }: FastifyRequest, name: string): string | undefined {
  const value = (query as Readonly<Record<string, string | readonly string[] | undefined>>)[name];
  return typeof value === "object" ? value[0] : value;
}
