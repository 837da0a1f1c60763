import { grpcHandlers, grpcServiceOf } from "lockstep";
import type { Cache } from "../cache/cache.ts";
import { openCache as openConfiguredCache } from "../cache/open-cache.ts";
import { User } from "../gen/user_pb.ts";
import { startGrpcServer } from "../service/grpc-server.ts";
import { parseRpcConfig, type RpcConfig } from "../service/rpc-config.ts";
import { opened, type RunningService } from "../service/running-service.ts";
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
export async function openUserStore({ database, barrierTable }: RpcConfig): Promise<UserStore> {
  const options = { barrierTableName: barrierTable };
  return database.kind === "sqlite"
    ? new SqliteUsers(database.path, options)
    : MysqlUsers.open(database, options);
}

/** What user-rpc stands on; by default what the configuration names. */
export interface UserRpcParts {
  openStore(config: RpcConfig): Promise<UserStore>;
  openCache(place: RpcConfig["cache"], onTrouble: (error: Error) => void): Promise<Cache>;
}

/** Starts user-rpc: gRPC `user.User`. */
export function startUserRpc(
  config: RpcConfig,
  log: ServiceLog,
  parts: Partial<UserRpcParts> = {},
): Promise<RunningService> {
  return opened(async (releases) => {
    const onCacheTrouble = (error: unknown): void =>
      log.warn("the cache does not answer", { why: error instanceof Error ? error.message : String(error) });
    const { openStore = openUserStore, openCache = openConfiguredCache } = parts;
    const store = await openStore(config);
    releases.defer(() => store.close());
    const cache = await openCache(config.cache, onCacheTrouble);
    releases.defer(() => cache.close());
    const handlers = userHandlers({ store, cache, barrierTableName: config.barrierTable, onCacheTrouble });
    const server = await startGrpcServer({
      name: User.typeName,
      definition: grpcServiceOf(User),
      implementation: grpcHandlers(User, handlers, {
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
