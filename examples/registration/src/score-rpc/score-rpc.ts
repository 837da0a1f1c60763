import { grpcHandlers, grpcServiceOf } from "lockstep";
import type { Cache } from "../cache/cache.ts";
import { openCache as openConfiguredCache } from "../cache/open-cache.ts";
import { UserScore } from "../gen/score_pb.ts";
import { startGrpcServer } from "../service/grpc-server.ts";
import { parseRpcConfig, type RpcConfig } from "../service/rpc-config.ts";
import { opened, type RunningService } from "../service/running-service.ts";
import type { ServiceLog } from "../service/service-log.ts";
import type { SettingsSource } from "../service/settings.ts";
import { MysqlScores } from "./mysql-scores.ts";
import { scoreHandlers } from "./score-handlers.ts";
import type { ScoreStore } from "./score-store.ts";
import { SqliteScores } from "./sqlite-scores.ts";

/** The name under which score-rpc runs and logs. */
export const SCORE_RPC = "score-rpc";

/** @throws SettingsError with every problem */
export function parseScoreRpcConfig(source: SettingsSource): RpcConfig {
  return parseRpcConfig(
    { listenOn: "127.0.0.1:8096", databaseUrl: "sqlite:./score.db", etcdKey: "score.rpc" },
    source,
  );
}

/** Opens the store that the configuration names. */
async function openScoreStore({ database, barrierTable }: RpcConfig): Promise<ScoreStore> {
  const options = { barrierTableName: barrierTable };
  return database.kind === "sqlite"
    ? new SqliteScores(database.path, options)
    : MysqlScores.open(database, options);
}

/** What score-rpc stands on; by default what the configuration names. */
export interface ScoreRpcParts {
  openStore(config: RpcConfig): Promise<ScoreStore>;
  openCache(place: RpcConfig["cache"], onTrouble: (error: Error) => void): Promise<Cache>;
}

/** Starts score-rpc: gRPC `score.UserScore`. */
export function startScoreRpc(
  config: RpcConfig,
  log: ServiceLog,
  parts: Partial<ScoreRpcParts> = {},
): Promise<RunningService> {
  return opened(async (releases) => {
    const onCacheTrouble = (error: unknown): void =>
      log.warn("the cache does not answer", { why: error instanceof Error ? error.message : String(error) });
    const { openStore = openScoreStore, openCache = openConfiguredCache } = parts;
    const store = await openStore(config);
    releases.defer(() => store.close());
    const cache = await openCache(config.cache, onCacheTrouble);
    releases.defer(() => cache.close());
    const handlers = scoreHandlers({ store, cache, barrierTableName: config.barrierTable, onCacheTrouble });
    const server = await startGrpcServer({
      name: UserScore.typeName,
      definition: grpcServiceOf(UserScore),
      implementation: grpcHandlers(UserScore, handlers, {
        onError: (error, { method }) => log.error("a call failed and may be repeated", { method }, error),
      }),
      listenOn: config.listenOn,
      announce: config.announce,
      ping: () => store.ping(),
      log,
    });
    releases.defer(() => server.stop());
    return { address: server.address, stop: () => releases.release() };
  });
}
