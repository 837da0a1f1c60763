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
import type { Standing } from "./standing.ts";

/** The parts of an rpc service. */
export interface GrpcServerOptions {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  readonly listenOn: ListenAddress;
  /** Where to announce the service, and at which address: by default the address on which it listens. */
  readonly announce: { readonly target: string; readonly endpoint: string | undefined } | undefined;
  /** The parts that the service depends on. */
  readonly foundations: readonly Foundation[];
  readonly log: ServiceLog;
}

/** A part that a service depends on, such as its store. It is pinged every `HEALTH_POLL_MS`. */
export interface Foundation {
  readonly standing: Standing;
  /** Rejects when the part does not answer. */
  readonly ping: () => Promise<void>;
  /** The names under which the health service reports this part. */
  readonly names: readonly string[];
}

/** Serves one gRPC service and the standard health service, and announces the service when it can be called. */
export function startGrpcServer(options: GrpcServerOptions): Promise<RunningService> {
  return opened((releases) => start(options, releases));
}

async function start(options: GrpcServerOptions, releases: Releases): Promise<RunningService> {
  const { definition, implementation, listenOn, foundations, log } = options;
  // Without this two instances could listen on one port, and each would get some of the calls.
  const server = new Server({ "grpc.so_reuseport": 0 });
  server.addService(definition, implementation);
  const health = new HealthImplementation();
  health.addToServer(server);
  const port = await bind(server, listenOn);
  releases.defer(() => shutDown(server));
  for (const foundation of foundations) releases.defer(pollHealth(health, foundation));

  const address = addressText({ host: listenOn.host, port });
  if (options.announce !== undefined) {
    const { target, endpoint = address } = options.announce;
    const announcement = await announce(target, endpoint, {
      log: ({ level, message }) => log[level](message, {}),
    });
    // Deferred last, so it runs first: no new callers should come while the others are served.
    releases.defer(() => announcement.stop());
  }
  return { address, stop: () => releases.release() };
}

/** Keeps the health service up to date; the answer ends that. */
function pollHealth(health: HealthImplementation, { standing, ping, names }: Foundation): () => void {
  const tell = (isServing: boolean): void => {
    for (const name of names) health.setStatus(name, isServing ? "SERVING" : "NOT_SERVING");
  };
  let isEnded = false;
  tell(standing.isWell);
  standing.listen((trouble) => {
    if (!isEnded) tell(trouble === undefined);
  });
  const look = (): Promise<void> =>
    ping().then(
      () => standing.well(),
      (error: unknown) => standing.trouble(error),
    );
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

/** Gives running calls `STOP_GRACE_MS` to end, and cuts off the rest. */
function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), STOP_GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
