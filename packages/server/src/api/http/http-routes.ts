/** dtm's routes (protocol 1.1), as far as this version offers them. Handlers throw; the door answers errors. */
import { isUtf8 } from "node:buffer";
import { API_BASE_PATH, LockstepError, parseTransGlobal, type TransactionRequest } from "@lockstep/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Operations } from "../operations.ts";
import { SUCCESS_BODY, sendJson } from "./http-answers.ts";
import { waitMsOfPrefer } from "./prefer-header.ts";

export function addRoutes(
  app: FastifyInstance,
  operations: Operations,
  { isRetired }: { readonly isRetired: () => boolean },
): void {
  addChanges(app, operations);
  addQueries(app, operations);
  addProbes(app, operations, isRetired);
}

function addChanges(app: FastifyInstance, operations: Operations): void {
  app.post(`${API_BASE_PATH}/prepare`, async (request, reply) => {
    await operations.prepare(transactionOf(request));
    return sendJson(reply, SUCCESS_BODY);
  });
  app.post(`${API_BASE_PATH}/submit`, async (request, reply) => {
    const transaction = transactionOf(request);
    await (transaction.options.waitResult
      ? submitAndWait(operations, transaction, { request, reply })
      : operations.submit(transaction));
    return sendJson(reply, SUCCESS_BODY);
  });
  app.post(`${API_BASE_PATH}/abort`, async (request, reply) => {
    await operations.abort(transactionOf(request));
    return sendJson(reply, SUCCESS_BODY);
  });
  app.post(`${API_BASE_PATH}/forceStop`, async (request, reply) => {
    await operations.forceStop(transactionOf(request), { actor: `http ${request.ip}` });
    return sendJson(reply, SUCCESS_BODY);
  });
  app.post(`${API_BASE_PATH}/resetNextCronTime`, async (request, reply) => {
    await operations.resetNextCronTime(transactionOf(request));
    return sendJson(reply, SUCCESS_BODY);
  });
}

function addQueries(app: FastifyInstance, operations: Operations): void {
  app.get(`${API_BASE_PATH}/version`, (_request, reply) =>
    sendJson(reply, JSON.stringify({ version: operations.version })),
  );
  app.get(`${API_BASE_PATH}/newGid`, (_request, reply) =>
    sendJson(reply, JSON.stringify({ dtm_result: "SUCCESS", gid: operations.newGid() })),
  );
  app.get(`${API_BASE_PATH}/query`, async (request, reply) => {
    const view = await operations.query(parameterOf(request, "gid") ?? "");
    return sendJson(reply, JSON.stringify(view ?? { branches: [], transaction: null }));
  });
  app.get(`${API_BASE_PATH}/all`, async (request, reply) => {
    const page = await operations.all({
      gid: parameterOf(request, "gid"),
      position: parameterOf(request, "position"),
      limit: parameterOf(request, "limit"),
      status: parameterOf(request, "status"),
      transType: parameterOf(request, "transType"),
      createTimeStart: parameterOf(request, "createTimeStart"),
      createTimeEnd: parameterOf(request, "createTimeEnd"),
    });
    const { nextPosition, transactions } = page;
    return sendJson(reply, JSON.stringify({ next_position: nextPosition, transactions }));
  });
}

function addProbes(app: FastifyInstance, operations: Operations, isRetired: () => boolean): void {
  app.all("/api/ping", (_request, reply) => sendJson(reply, '{"msg":"pong"}'));
  app.get("/api/ready", async (_request, reply) => {
    if (isRetired()) throw new LockstepError("unavailable", "The coordinator is stopping; ask another one.");
    await operations.ready();
    return sendJson(reply, '{"msg":"ready"}');
  });
}

/** A caller that goes away does not wait any more; its transaction goes on. */
async function submitAndWait(
  operations: Operations,
  transaction: TransactionRequest,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  reply.raw.once("close", onClose);
  try {
    const waitMs = waitMsOfPrefer(request.headers["prefer"]);
    await operations.submit(transaction, { waitMs, signal: gone.signal });
  } finally {
    reply.raw.removeListener("close", onClose);
  }
}

/** The body of a request, whatever its Content-Type says. @throws LockstepError `invalid_argument` */
function transactionOf({ body }: FastifyRequest): TransactionRequest {
  if (!Buffer.isBuffer(body)) return parseTransGlobal("");
  if (!isUtf8(body)) {
    throw new LockstepError("invalid_argument", "The body is not valid UTF-8; JSON must be.");
  }
  return parseTransGlobal(body.toString("utf8"));
}

/** A query parameter; the first where it is given more than once. */
function parameterOf({ query }: FastifyRequest, name: string): string | undefined {
  const value = (query as Readonly<Record<string, string | readonly string[] | undefined>>)[name];
  return typeof value === "object" ? value[0] : value;
}
