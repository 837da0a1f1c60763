import type { AddressInfo } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { HTTP_BODY_BYTES_MAX, STOP_GRACE_MS } from "../limits.ts";
import { addressText } from "../service/addresses.ts";
import { opened, type RunningService } from "../service/running-service.ts";
import type { ServiceLog } from "../service/service-log.ts";
import type { UserApiConfig } from "./config.ts";
import { coordinatorReadiness } from "./coordinator-ready.ts";
import { answerNoHttp, sendError } from "./error-answers.ts";
import { warnOfGoServices } from "./foreign-services.ts";
import { takeJsonAlone } from "./json-body.ts";
import { Passwords } from "./password.ts";
import { addRoutes } from "./routes.ts";
import { createServices } from "./services.ts";
import { Tokens } from "./tokens.ts";
import { UserDirectory } from "./user-directory.ts";

/** The name under which user-api runs and logs. */
export const USER_API = "user-api";

/** Starts user-api: HTTP. */
export function startUserApi(config: UserApiConfig, log: ServiceLog): Promise<RunningService> {
  return opened(async (releases) => {
    const services = createServices(config);
    releases.defer(() => services.lockstep.close());
    const app = Fastify({
      bodyLimit: HTTP_BODY_BYTES_MAX,
      forceCloseConnections: "idle",
      // While it stops, user-api still answers requests on open connections, and then closes these.
      return503OnClosing: false,
      // For requests that reach no route, because the path cannot be decoded or is too long.
      frameworkErrors: (error, request, reply) => sendError({ error, request, reply, log }),
      clientErrorHandler: answerNoHttp,
    });
    takeJsonAlone(app);
    let isStopping = false;
    app.addHook("preClose", async () => {
      isStopping = true;
    });
    app.addHook("onSend", async (_request, reply) => {
      // Otherwise the client would keep the connection open after its last answer, and the stop would wait for that.
      if (isStopping) reply.header("connection", "close");
    });
    const { secret, expireInS, registerWaitMs, listenOn } = config;
    addRoutes(app, {
      services,
      users: new UserDirectory(services),
      coordinatorReady: coordinatorReadiness(config, services),
      passwords: new Passwords(),
      tokens: new Tokens({ secret, expireInS }),
      registerWaitMs,
      log,
    });
    await listen(app, listenOn);
    releases.defer(() => drain(app));
    const stopping = new AbortController();
    releases.defer(() => stopping.abort());
    void warnOfGoServices(services, { log, signal: stopping.signal });
    const { port } = app.server.address() as AddressInfo;
    return {
      address: addressText({ host: listenOn.host, port }),
      stop: () => releases.release(),
    };
  });
}

/** Takes nothing new, gives running requests `STOP_GRACE_MS` to end, and cuts off the rest. */
async function drain(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS);
  await app.close();
  clearTimeout(timer);
}

async function listen(app: FastifyInstance, listenOn: UserApiConfig["listenOn"]): Promise<void> {
  try {
    await app.listen({ ...listenOn });
  } catch (cause) {
    await app.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot listen on ${addressText(listenOn)} (${why}); choose another address by ListenOn.`;
    throw new Error(message, { cause });
  }
}
