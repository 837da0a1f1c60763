import { opened } from "../service/running-service.ts";
import type { LogLevel } from "../service/service-log.ts";
import { type ChildService, startChildService } from "./child-service.ts";
import { HOST, type Ports } from "./ports.ts";
import { coordinatorEnvOf, userApiEnvOf } from "./service-env.ts";

/** The files that run the services. */
export const MAINS = {
  coordinator: new URL("../coordinator/main.ts", import.meta.url),
  userRpc: new URL("../user-rpc/main.ts", import.meta.url),
  scoreRpc: new URL("../score-rpc/main.ts", import.meta.url),
  userApi: new URL("../user-api/main.ts", import.meta.url),
} as const;

/** One of the services. */
export type ServiceName = keyof typeof MAINS;

/** Services that are called start before their callers. */
const START_ORDER = ["coordinator", "userRpc", "scoreRpc", "userApi"] as const;

/** The ports, servers and settings for the services. */
export interface ServicesOptions {
  readonly ports: Ports;
  /** `host:port` */
  readonly etcd: string;
  /** The keys in etcd. */
  readonly keys: { readonly userRpc: string; readonly scoreRpc: string; readonly coordinator: string };
  readonly mariadb: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
  };
  /** The databases in MariaDB, which must exist. */
  readonly databases: { readonly users: string; readonly scores: string };
  readonly redis: { readonly host: string; readonly port: number; readonly password?: string | undefined };
  /** The file in which the coordinator keeps its transactions. */
  readonly coordinatorFile: string;
  readonly logLevel: LogLevel;
  /** `LOCKSTEP_*` for the coordinator, `AUTH_SECRET`, `AUTH_EXPIRE_IN` and `REGISTER_WAIT_MS` for user-api. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets the services' logs. Default: our stderr. */
  readonly onLog?: (text: string) => void;
  /** Hears of each service that runs, at the first start. */
  readonly onStarted?: (name: ServiceName, service: ChildService) => void;
}

/** The four services, each a process of its own. */
export interface Services {
  readonly coordinator: ChildService;
  readonly userRpc: ChildService;
  readonly scoreRpc: ChildService;
  readonly userApi: ChildService;
  /** The targets at which the services find each other. */
  readonly targets: { readonly coordinator: string; readonly userRpc: string; readonly scoreRpc: string };
  /**
   * Starts a new process of a service, in place of one that has ended; `stop` also stops it. `main` is the file to run,
   * by default the service's own.
   */
  start(name: ServiceName, main?: URL): Promise<ChildService>;
  /** Stops callers before the services that they call. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the four services on MariaDB and Redis, each as a process of its own. They get the address of etcd, and find
 * each other only there.
 */
export function startServices(options: ServicesOptions): Promise<Services> {
  return opened(async (releases) => {
    const targets = targetsOf(options);
    const environments = environmentsOf(options);
    const { onLog } = options;
    const current = new Map<ServiceName, ChildService>();
    for (const name of START_ORDER) releases.defer(() => current.get(name)?.stop());
    const start = async (name: ServiceName, main: URL = MAINS[name]): Promise<ChildService> => {
      const child = await startChildService({
        main,
        env: environments[name],
        ...(onLog === undefined ? {} : { onLog }),
      });
      current.set(name, child);
      return child;
    };
    const first = async (name: ServiceName): Promise<ChildService> => {
      const child = await start(name);
      options.onStarted?.(name, child);
      return child;
    };
    const coordinator = await first("coordinator");
    const userRpc = await first("userRpc");
    const scoreRpc = await first("scoreRpc");
    const userApi = await first("userApi");
    return {
      ...{ coordinator, userRpc, scoreRpc, userApi },
      targets,
      start,
      stop: () => releases.release(),
    };
  });
}

function targetsOf({ etcd, keys }: ServicesOptions): Services["targets"] {
  return {
    coordinator: `etcd://${etcd}/${keys.coordinator}`,
    userRpc: `etcd://${etcd}/${keys.userRpc}`,
    scoreRpc: `etcd://${etcd}/${keys.scoreRpc}`,
  };
}

/** The environment of each service, which is all that a service knows of the others. */
function environmentsOf(options: ServicesOptions): Record<ServiceName, Record<string, string | undefined>> {
  const { ports, etcd, keys, mariadb, databases, redis, coordinatorFile, logLevel, env } = options;
  const targets = targetsOf(options);
  const rpc = (service: { port: number; key: string; database: string }) => ({
    LISTEN_ON: `${HOST}:${service.port}`,
    ETCD_HOSTS: etcd,
    ETCD_KEY: service.key,
    DATABASE_URL: `mysql://${encodeURIComponent(mariadb.user)}@${mariadb.host}:${mariadb.port}/${service.database}`,
    DATABASE_PASSWORD: mariadb.password,
    CACHE_URL: `redis://${redis.host}:${redis.port}`,
    CACHE_PASSWORD: redis.password,
    LOG_LEVEL: logLevel,
  });
  return {
    coordinator: {
      ...coordinatorEnvOf(env),
      HTTP_PORT: String(ports.coordinatorHttp),
      GRPC_PORT: String(ports.coordinatorGrpc),
      LOCKSTEP_STORE_URL: `sqlite:${coordinatorFile}`,
      MICRO_SERVICE_DRIVER: "dtm-driver-gozero",
      MICRO_SERVICE_TARGET: targets.coordinator,
      MICRO_SERVICE_END_POINT: `${HOST}:${ports.coordinatorGrpc}`,
      // The coordinator's log has no level "silent".
      LOG_LEVEL: logLevel === "silent" ? "error" : logLevel,
    },
    userRpc: rpc({ port: ports.userRpc, key: keys.userRpc, database: databases.users }),
    scoreRpc: rpc({ port: ports.scoreRpc, key: keys.scoreRpc, database: databases.scores }),
    userApi: {
      LISTEN_ON: `${HOST}:${ports.userApi}`,
      COORDINATOR: targets.coordinator,
      // etcd names only the coordinator's gRPC door; readiness is asked at its HTTP door.
      COORDINATOR_READY: `http://${HOST}:${ports.coordinatorHttp}/api/ready`,
      USER_RPC: targets.userRpc,
      SCORE_RPC: targets.scoreRpc,
      ...userApiEnvOf(env),
      LOG_LEVEL: logLevel,
    },
  };
}
