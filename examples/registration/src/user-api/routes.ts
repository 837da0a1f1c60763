import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseUserId, USER_ID_RULE } from "../registration/user-id.ts";
import type { ServiceLog } from "../service/service-log.ts";
import { ApiError } from "./api-error.ts";
import type { CoordinatorReady } from "./coordinator-ready.ts";
import { sendError } from "./error-answers.ts";
import { healthOf } from "./health.ts";
import { login } from "./login.ts";
import type { Passwords } from "./password.ts";
import { register } from "./register.ts";
import { parseLogin, parseRegistration } from "./requests.ts";
import type { Services } from "./services.ts";
import type { Tokens } from "./tokens.ts";
import type { UserDirectory } from "./user-directory.ts";

/** What the routes need. */
export interface RoutesOptions {
  readonly services: Services;
  readonly users: UserDirectory;
  readonly coordinatorReady: CoordinatorReady;
  readonly passwords: Passwords;
  readonly tokens: Tokens;
  readonly registerWaitMs: number;
  readonly log: ServiceLog;
}

/** Adds user-api's routes. Every answer is `{"message": …}`, in some cases with `data`. */
export function addRoutes(app: FastifyInstance, options: RoutesOptions): void {
  const { services, users, coordinatorReady, passwords, tokens, registerWaitMs, log } = options;

  app.post("/register", async (request, reply) => {
    const registration = parseRegistration(request.body);
    const answer = await register(registration, { services, users, passwords, log, waitMs: registerWaitMs });
    if (answer.kind === "registered") return success(answer.user);
    reply.code(202);
    return { message: "still running", data: { gid: answer.gid } };
  });

  app.post("/login", async (request) => {
    const token = await login(parseLogin(request.body), { users, passwords, tokens });
    return success({ token });
  });

  app.get<{ Params: { id: string } }>("/user/get/:id", async (request) => {
    const own = await tokens.userOf(bearerOf(request));
    if (own === undefined) throw new ApiError(401, NO_TOKEN);
    const id = parseUserId(request.params.id);
    if (id === undefined) throw new ApiError(400, `id ${USER_ID_RULE}`);
    if (id !== own.id) throw new ApiError(403, "this token is another user's");
    const found = await users.findById(id);
    if (found === undefined) throw new ApiError(404, `there is no user ${id}`);
    const { name, gender, stamp } = found;
    // The id belongs to another person now, which happens after a registration was rolled back. Where only Go services
    // answer, nobody can tell, and the id alone counts, as with a Go user-api.
    if (stamp !== undefined && stamp !== own.stamp) throw new ApiError(401, NO_TOKEN);
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

const NO_TOKEN = "a valid token is needed; POST /login gives one";

function success<T>(data: T): { readonly message: "success"; readonly data: T } {
  return { message: "success", data };
}

function bearerOf(request: FastifyRequest): string {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
}
