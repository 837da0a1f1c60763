import { User } from "../gen/user_pb.ts";
import { parseRpcConfig, type RpcConfig } from "../service/rpc-config.ts";
import { type RpcParts, startRpcService } from "../service/rpc-service.ts";
import type { RunningService } from "../service/running-service.ts";
import type { ServiceLog } from "../service/service-log.ts";
import type { SettingsSource } from "../service/settings.ts";
import { MysqlUsers } from "./mysql-users.ts";
import { SqliteUsers } from "./sqlite-users.ts";
import { userHandlers } from "./user-handlers.ts";
import type { UserStore } from "./user-store.ts";

/** The name under which user-rpc runs and logs. */
export const USER_RPC = "user-rpc";

/** @throws SettingsError with every problem */
export function parseUserRpcConfig(source: SettingsSource): RpcConfig {
  return parseRpcConfig(
    { listenOn: "127.0.0.1:8080", databaseUrl: "sqlite:./user.db", etcdKey: "user.rpc" },
    source,
  );
}

/** Opens the store that the configuration names. */
export async function openUserStore(
  { database: place, barrierTable: barrierTableName }: RpcConfig,
  log: ServiceLog,
): Promise<UserStore> {
  return place.kind === "sqlite"
    ? new SqliteUsers(place.path, { barrierTableName })
    : MysqlUsers.open({ place, barrierTableName, log });
}

/** Starts user-rpc: gRPC `user.User`. `parts` replace the store or the cache that the configuration names. */
export function startUserRpc(
  config: RpcConfig,
  log: ServiceLog,
  parts: Partial<RpcParts<UserStore>> = {},
): Promise<RunningService> {
  const rpc = { service: User, openStore: openUserStore, handlersOf: userHandlers };
  return startRpcService(rpc, { config, log, parts });
}
