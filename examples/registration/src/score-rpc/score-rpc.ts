import { UserScore } from "../gen/score_pb.ts";
import { parseRpcConfig, type RpcConfig } from "../service/rpc-config.ts";
import { type RpcParts, startRpcService } from "../service/rpc-service.ts";
import type { RunningService } from "../service/running-service.ts";
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
async function openScoreStore(
  { database: place, barrierTable: barrierTableName }: RpcConfig,
  log: ServiceLog,
): Promise<ScoreStore> {
  return place.kind === "sqlite"
    ? new SqliteScores(place.path, { barrierTableName })
    : MysqlScores.open({ place, barrierTableName, log });
}

/** Starts score-rpc: gRPC `score.UserScore`. `parts` replace the store or the cache that the configuration names. */
export function startScoreRpc(
  config: RpcConfig,
  log: ServiceLog,
  parts: Partial<RpcParts<ScoreStore>> = {},
): Promise<RunningService> {
  const rpc = { service: UserScore, openStore: openScoreStore, handlersOf: scoreHandlers };
  return startRpcService(rpc, { config, log, parts });
}
