import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Keeper,
  type MariaDbServer,
  type RealServer,
  startEtcd,
  startMariaDb,
  startRedis,
} from "@lockstep/testkit/servers";
import { createConnection } from "mysql2/promise";
import { COORDINATOR } from "../coordinator/coordinator.ts";
import { makeFolder } from "../database/make-folder.ts";
import { SCORE_RPC } from "../score-rpc/score-rpc.ts";
import { opened, type Releases } from "../service/running-service.ts";
import type { LogLevel } from "../service/service-log.ts";
import { USER_API } from "../user-api/user-api.ts";
import { USER_RPC } from "../user-rpc/user-rpc.ts";
import type { ChildService } from "./child-service.ts";
import { HOST, type Ports } from "./ports.ts";
import { startServices } from "./services.ts";
import { SERVICE_NAMES, STOPPED_PAUSE_MS, Supervisor } from "./supervisor.ts";
import type { Place, System } from "./system.ts";

/** The databases and keys of the Go services that this system replaces. */
const DATABASES = { users: "zero_mall", scores: "dtm_barrier" } as const;
const KEYS = { userRpc: "user.rpc", scoreRpc: "score.rpc", coordinator: "dtmservice" } as const;

/** How to start the real system. */
export interface RealOptions {
  readonly ports: Ports;
  /** The folder for the coordinator's file, if MariaDB's data also stays after this process. */
  readonly dataFolder: string;
  readonly logLevel: LogLevel;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets a line for the person who started the system, when something is started, ends or is back. */
  readonly say: (line: string) => void;
}

/**
 * Starts MariaDB, Redis and etcd, or uses those that the environment names. On them it starts the four services, each
 * as a process of its own. The services find each other only through etcd.
 */
export function startReal(options: RealOptions): Promise<System> {
  return opened(async (releases) => {
    const { ports, logLevel, env, say } = options;
    const [mariadb, redis, etcd] = await startServers(releases, say);
    await createDatabases(mariadb);
    say("Starting the four services, each as a process of its own:");
    const services = await startServices({
      ports,
      etcd: etcd.endpoint,
      keys: KEYS,
      mariadb,
      databases: DATABASES,
      redis: { host: redis.host, port: redis.port, password: passwordIn(redis.url) },
      coordinatorFile: join(await coordinatorFolder(mariadb, options, releases), "coordinator.db"),
      logLevel,
      env,
      onStarted: (name, { pid }) => say(`  ${SERVICE_NAMES[name]} runs; pid ${pid}`),
    });
    releases.defer(() => services.stop());
    const supervisor = new Supervisor(services, { say });
    releases.defer(() => supervisor.stop());

    const coordinatorUrl = `http://${services.coordinator.address}`;
    return {
      apiUrl: `http://${services.userApi.address}`,
      coordinatorUrl,
      targets: services.targets,
      places: [
        servicePlace(USER_API, `http://${services.userApi.address}`, {
          what: "register, log in, get a user",
          service: services.userApi,
        }),
        servicePlace(USER_RPC, `grpc://${services.userRpc.address}`, {
          what: `MariaDB ${DATABASES.users}, Redis`,
          service: services.userRpc,
        }),
        servicePlace(SCORE_RPC, `grpc://${services.scoreRpc.address}`, {
          what: `MariaDB ${DATABASES.scores}, Redis`,
          service: services.scoreRpc,
        }),
        servicePlace(COORDINATOR, coordinatorUrl, {
          what: "a SQLite file of its own",
          service: services.coordinator,
        }),
        { who: "", where: `grpc://${HOST}:${ports.coordinatorGrpc}`, what: "the same, for gRPC clients" },
        serverPlace("MariaDB", `${mariadb.host}:${mariadb.port}`, mariadb),
        serverPlace("Redis", `${redis.host}:${redis.port}`, redis),
        serverPlace("etcd", etcd.endpoint, etcd),
      ],
      isDataOurs: mariadb.folder !== undefined && redis.folder !== undefined,
      note: [
        mariadb.folder === undefined
          ? "The data stays where the environment said."
          : "The data goes with this process; name servers by LOCKSTEP_TEST_MARIADB,\nLOCKSTEP_TEST_REDIS and LOCKSTEP_TEST_ETCD to keep it.",
        "",
        `A service that ends is started again: ${STOPPED_PAUSE_MS / 1_000} s after \`kill PID\`, soon after a crash.`,
        "Take score-rpc away and register: that is finished when it is back.",
      ].join("\n"),
      stop: () => releases.release(),
    };
  });
}

/** Starts all servers at the same time. If one does not start, `releases` stops the others. */
async function startServers(releases: Releases, say: RealOptions["say"]) {
  const kept = async <S extends RealServer>(name: string, starting: Promise<S>): Promise<S> => {
    const server = await starting;
    releases.defer(() => server.stop());
    say(`  ${name} ${server.pid === undefined ? "is named by the environment" : "runs"}`);
    return server;
  };
  say("Starting MariaDB, Redis and etcd:");
  const starts = [
    kept("MariaDB", startMariaDb()),
    kept("Redis", startRedis()),
    kept("etcd", startEtcd()),
  ] as const;
  await Promise.allSettled(starts);
  return Promise.all(starts);
}

/** Creates the databases, which connections need. The services create their own tables. */
async function createDatabases({ host, port, user, password }: MariaDbServer): Promise<void> {
  const connection = await createConnection({ host, port, user, password });
  try {
    for (const name of Object.values(DATABASES))
      await connection.query(`create database if not exists ${name}`);
  } finally {
    await connection.end();
  }
}

/** A folder that lasts as long as the users: else the coordinator loses sagas, or goes on with those of lost users. */
async function coordinatorFolder(
  mariadb: MariaDbServer,
  { dataFolder }: RealOptions,
  releases: Releases,
): Promise<string> {
  if (mariadb.folder === undefined) {
    makeFolder(dataFolder);
    return dataFolder;
  }
  const folder = await mkdtemp(join(tmpdir(), "lockstep-registration-"));
  const keeper = new Keeper(folder);
  releases.defer(async () => {
    await rm(folder, { recursive: true, force: true });
    keeper.dismiss();
  });
  return folder;
}

function servicePlace(
  who: string,
  where: string,
  { what, service }: { readonly what: string; readonly service: ChildService },
): Place {
  return { who, where, what: `${what}; pid ${service.pid}` };
}

function serverPlace(who: string, where: string, { pid }: RealServer): Place {
  return { who, where, what: pid === undefined ? "named by the environment" : "started for this" };
}

function passwordIn(url: string): string | undefined {
  const password = URL.parse(url)?.password;
  return password === undefined || password === "" ? undefined : decodeURIComponent(password);
}
