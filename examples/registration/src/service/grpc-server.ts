import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { announce } from "@lockstep/discovery";
import { HealthImplementation } from "grpc-health-check";
import { HEALTH_POLL_MS, STOP_GRACE_MS } from "../limits.ts";
import { addressText, type ListenAddress } from "./addresses.ts";
import { opened, type Releases, type RunningService } from "./running-service.ts";
import type { ServiceLog } from "./service-log.ts";

/** What an rpc service is made of. */
export interface GrpcServerOptions {
  /** The service's full name: `user.User`. */
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  readonly listenOn: ListenAddress;
  /** Where it is announced, and as what: by default as the address it listens on. */
  readonly announce: { readonly target: string; readonly endpoint: string | undefined } | undefined;
  /** Rejects when the service cannot work. Asked every `HEALTH_POLL_MS`. */
  readonly ping: () => Promise<void>;
  readonly log: ServiceLog;
}

/** Serves one gRPC service with the standard health service beside it, and announces it when it can be called. */
export function startGrpcServer(options: GrpcServerOptions): Promise<RunningService> {
  return opened((releases) => start(options, releases));
}

async function start(options: GrpcServerOptions, releases: Releases): Promise<RunningService> {
  const { name, definition, implementation, listenOn, log } = options;
  // Two instances on one port would share its callers by chance.
  const server = new Server({ "grpc.so_reuseport": 0 });
  server.addService(definition, implementation);
  const health = new HealthImplementation({ "": "SERVING", [name]: "SERVING" });
  health.addToServer(server);
  const port = await bind(server, listenOn);
  releases.defer(() => shutDown(server));
  releases.defer(pollHealth({ ...options, health }));

  const address = addressText({ host: listenOn.host, port });
  if (options.announce !== undefined) {
    const { target, endpoint = address } = options.announce;
    const announcement = await announce(target, endpoint, {
      log: ({ level, message }) => log[level](message, {}),
    });
    // Deferred last, so done first: nobody new should come while the others are being served.
    releases.defer(() => announcement.stop());
  }
  return { address, stop: () => releases.release() };
}

/** Keeps the health service up to date; answers how to end that. */
function pollHealth(
  options: Pick<GrpcServerOptions, "name" | "ping" | "log"> & { readonly health: HealthImplementation },
): () => void {
  const { name, ping, log, health } = options;
  let isServing = true;
  const tell = (serving: boolean): void => {
    isServing = serving;
    for (const service of ["", name]) health.setStatus(service, serving ? "SERVING" : "NOT_SERVING");
  };
  const look = async (): Promise<void> => {
    const trouble = await ping().then(
      () => undefined,
      (error: unknown) => error ?? new Error("the ping rejected"),
    );
    if (isEnded || (trouble === undefined) === isServing) return;
    if (trouble === undefined) log.info("the database answers again", {});
    else log.error("the database does not answer", {}, trouble);
    tell(trouble === undefined);
  };
  let isEnded = false;
  const timer = setInterval(() => void look(), HEALTH_POLL_MS);
  timer.unref();
  return () => {
    isEnded = true;
    clearInterval(timer);
    tell(false);
  };
}

function bind(server: Server, listenOn: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    const address = addressText(listenOn);
    server.bindAsync(address, ServerCredentials.createInsecure(), (cause, port) => {
      if (cause === null) {
        resolve(port);
        return;
      }
      server.forceShutdown();
      const message = `Cannot listen on ${address} (${cause.message}); choose another address by ListenOn.`;
      reject(new Error(message, { cause }));
    });
  });
}

/** Lets running calls end, and cuts off those that have not after `STOP_GRACE_MS`. */
function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), STOP_GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
