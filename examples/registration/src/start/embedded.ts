import { join } from "node:path";
import { COORDINATOR, parseCoordinatorConfig, startCoordinator } from "../coordinator/coordinator.ts";
import { makeFolder } from "../database/make-folder.ts";
import { parseScoreRpcConfig, SCORE_RPC, startScoreRpc } from "../score-rpc/score-rpc.ts";
import { opened } from "../service/running-service.ts";
import { createServiceLog, type LogLevel } from "../service/service-log.ts";
import { parseUserApiConfig } from "../user-api/config.ts";
import { startUserApi, USER_API } from "../user-api/user-api.ts";
import { parseUserRpcConfig, startUserRpc, USER_RPC } from "../user-rpc/user-rpc.ts";
import { DATA_FILES, forgetData } from "./data-files.ts";
import { HOST, type Ports } from "./ports.ts";
import { coordinatorEnvOf, userApiEnvOf } from "./service-env.ts";
import type { System } from "./system.ts";

/** How to start the embedded system. */
export interface EmbeddedOptions {
  readonly ports: Ports;
  /** If the folder is missing, it is made for its owner alone. */
  readonly dataFolder: string;
  /** Whether to delete the data in the data folder first. */
  readonly fresh: boolean;
  readonly logLevel: LogLevel;
  /** `LOCKSTEP_*` for the coordinator, `AUTH_SECRET`, `AUTH_EXPIRE_IN` and `REGISTER_WAIT_MS` for user-api. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Starts all four services in this process, on SQLite and with in-process caches. They call each other as from machine
 * to machine: by real HTTP and gRPC, on their ports.
 */
export function startEmbedded(options: EmbeddedOptions): Promise<System> {
  return opened(async (releases) => {
    const { ports, dataFolder, fresh, logLevel, env } = options;
    const inData = (file: string): string => join(dataFolder, file);
    makeFolder(dataFolder);
    if (fresh) forgetData(dataFolder);
    const logOf = (service: string) => createServiceLog(service, { level: logLevel });

    const coordinator = await startCoordinator(
      parseCoordinatorConfig({
        env: {
          ...coordinatorEnvOf(env),
          LOCKSTEP_STORE_URL: `sqlite:${inData(DATA_FILES.coordinator)}`,
          HTTP_PORT: String(ports.coordinatorHttp),
          GRPC_PORT: String(ports.coordinatorGrpc),
        },
      }),
      logOf(COORDINATOR),
    );
    releases.defer(() => coordinator.stop());

    const rpcEnv = (port: number, file: string) => ({
      LISTEN_ON: `${HOST}:${port}`,
      DATABASE_URL: `sqlite:${inData(file)}`,
    });
    const userRpcConfig = parseUserRpcConfig({ env: rpcEnv(ports.userRpc, DATA_FILES.users) });
    const userRpc = await startUserRpc(userRpcConfig, logOf(USER_RPC));
    releases.defer(() => userRpc.stop());
    const scoreRpcConfig = parseScoreRpcConfig({ env: rpcEnv(ports.scoreRpc, DATA_FILES.scores) });
    const scoreRpc = await startScoreRpc(scoreRpcConfig, logOf(SCORE_RPC));
    releases.defer(() => scoreRpc.stop());

    const targets = {
      coordinator: `http://${coordinator.address}`,
      userRpc: userRpc.address,
      scoreRpc: scoreRpc.address,
    };
    const userApi = await startUserApi(
      parseUserApiConfig({
        env: {
          LISTEN_ON: `${HOST}:${ports.userApi}`,
          COORDINATOR: targets.coordinator,
          USER_RPC: targets.userRpc,
          SCORE_RPC: targets.scoreRpc,
          ...userApiEnvOf(env),
        },
      }),
      logOf(USER_API),
    );
    releases.defer(() => userApi.stop());

    return {
      apiUrl: `http://${userApi.address}`,
      coordinatorUrl: targets.coordinator,
      targets,
      places: [
        { who: USER_API, where: `http://${userApi.address}`, what: "register, log in, get a user" },
        { who: USER_RPC, where: `grpc://${userRpc.address}`, what: DATA_FILES.users },
        { who: SCORE_RPC, where: `grpc://${scoreRpc.address}`, what: DATA_FILES.scores },
        { who: COORDINATOR, where: targets.coordinator, what: DATA_FILES.coordinator },
        { who: "", where: `grpc://${HOST}:${ports.coordinatorGrpc}`, what: "the same, for gRPC clients" },
      ],
      isDataOurs: true,
      note: `The data is in ${dataFolder} and stays there; --fresh begins anew.`,
      stop: () => releases.release(),
    };
  });
}
