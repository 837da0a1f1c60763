import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CALL_TIMEOUT_MS, RETRY_AFTER_S } from "../limits.ts";
import { parseUserId, USER_ID_RULE } from "../registration/user-id.ts";
import type { ServiceLog } from "../service/service-log.ts";
import { ApiError } from "./api-error.ts";
import type { CoordinatorReady } from "./coordinator-ready.ts";
import { healthOf } from "./health.ts";
import { login } from "./login.ts";
import type { Passwords } from "./password.ts";
import { register } from "./register.ts";
import { parseLogin, parseRegistration } from "./requests.ts";
import { isNotFound, isPassing, type Services } from "./services.ts";
import type { Tokens } from "./tokens.ts";

/** What the routes need. */
export interface RoutesOptions {
  readonly services: Services;
  readonly coordinatorReady: CoordinatorReady;
  readonly passwords: Passwords;
  readonly tokens: Tokens;
  readonly registerWaitMs: number;
  readonly log: ServiceLog;
}

/** Adds user-api's routes. Every answer is `{"message": …}`, with `data` where there is something to say. */
export function addRoutes(app: FastifyInstance, options: RoutesOptions): void {
  const { services, coordinatorReady, passwords, tokens, registerWaitMs, log } = options;

  app.post("/register", async (request, reply) => {
    const registration = parseRegistration(request.body);
    const answer = await register(registration, { services, passwords, waitMs: registerWaitMs });
    if (answer.kind === "registered") return success(answer.user);
    reply.code(202);
    return { message: "still running", data: { gid: answer.gid } };
  });

  app.post("/login", async (request) => {
    const token = await login(parseLogin(request.body), { services, passwords, tokens });
    return success({ token });
  });

  app.get<{ Params: { id: string } }>("/user/get/:id", async (request) => {
    const own = await tokens.userOf(bearerOf(request));
    if (own === undefined) throw new ApiError(401, "a valid token is needed; POST /login gives one");
    const id = parseUserId(request.params.id);
    if (id === undefined) throw new ApiError(400, `id ${USER_ID_RULE}`);
    if (id !== own) throw new ApiError(403, "this token is another user's");
    const { name, gender } = await services.users
      .getUser({ id: String(id) }, { timeoutMs: CALL_TIMEOUT_MS })
      .catch((error: unknown) => {
        throw isNotFound(error) ? new ApiError(404, `there is no user ${id}`) : error;
      });
    return success({ id: String(id), name, gender });
  });

  app.get("/healthz", async (_request, reply) => {
    const { isReady, parts } = await healthOf(services, coordinatorReady);
    reply.code(isReady ? 200 : 503);
    return { message: isReady ? "success" : "not ready", data: parts };
  });

  app.setNotFoundHandler((request, reply) => {
    const message = `there is no ${request.method} ${request.url.split("?", 1)[0]}`;
    return reply.code(404).send({ message });
  });
  app.setErrorHandler((error, request, reply) => sendError({ error, request, reply, log }));
  app.addHook("onResponse", async (request, reply) => {
    const { method, routeOptions } = request;
    const { statusCode: status, elapsedTime } = reply;
    log.info("answered", { method, route: routeOptions.url ?? "", status, ms: Math.round(elapsedTime) });
  });
}

function success<T>(data: T): { readonly message: "success"; readonly data: T } {
  return { message: "success", data };
}

function bearerOf(request: FastifyRequest): string {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
}

function sendError({
  error,
  request,
  reply,
  log,
}: {
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly log: ServiceLog;
}): FastifyReply {
  if (error instanceof ApiError) {
    const { status, message, data } = error;
    if (status === 401) reply.header("www-authenticate", "Bearer");
    if (status === 503) reply.header("retry-after", RETRY_AFTER_S);
    return reply.code(status).send(data === undefined ? { message } : { message, data });
  }
  // Fastify's own refusals: no JSON, too large, another content type.
  const status = statusOf(error);
  if (status !== undefined && error instanceof Error)
    return reply.code(status).send({ message: error.message });
  const route = request.routeOptions.url ?? "";
  if (isPassing(error)) {
    log.warn("a service could not be asked", { route, why: error instanceof Error ? error.message : "" });
    return reply
      .code(503)
      .header("retry-after", RETRY_AFTER_S)
      .send({ message: "a service that this needs is not reachable; try again" });
  }
  log.error("a request failed", { route }, error);
  return reply.code(500).send({ message: "internal error" });
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === "number" && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
