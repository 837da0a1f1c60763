import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import { HTTP_BODY_BYTES_MAX } from "../limits.ts";
import { addressText } from "../service/addresses.ts";
import { opened, type RunningService } from "../service/running-service.ts";
import type { ServiceLog } from "../service/service-log.ts";
import type { UserApiConfig } from "./config.ts";
import { Passwords } from "./password.ts";
import { addRoutes } from "./routes.ts";
import { createServices } from "./services.ts";
import { Tokens } from "./tokens.ts";

/** The name under which user-api runs and logs. */
export const USER_API = "user-api";

/** Starts user-api: HTTP. */
export function startUserApi(config: UserApiConfig, log: ServiceLog): Promise<RunningService> {
  return opened(async (releases) => {
    const services = createServices(config);
    releases.defer(() => services.lockstep.close());
    const app = Fastify({ bodyLimit: HTTP_BODY_BYTES_MAX, forceCloseConnections: "idle" });
    const { secret, expireInS, registerWaitMs, listenOn } = config;
    addRoutes(app, {
      services,
      passwords: new Passwords(),
      tokens: new Tokens({ secret, expireInS }),
      registerWaitMs,
      log,
    });
    await listen(app, listenOn);
    // Takes nothing new, and lets running requests end; none takes longer than a registration is waited for.
    releases.defer(() => app.close());
    const { port } = app.server.address() as AddressInfo;
    return {
      address: addressText({ host: listenOn.host, port }),
      stop: () => releases.release(),
    };
  });
}

async function listen(app: ReturnType<typeof Fastify>, listenOn: UserApiConfig["listenOn"]): Promise<void> {
  try {
    await app.listen({ ...listenOn });
  } catch (cause) {
    await app.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot listen on ${addressText(listenOn)} (${why}); choose another address by ListenOn.`;
    throw new Error(message, { cause });
  }
}
