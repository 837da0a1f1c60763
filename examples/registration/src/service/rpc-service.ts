import type { DescService } from "@bufbuild/protobuf";
import { type BarrierOptions, type GrpcHandlers, grpcHandlers, grpcServiceOf } from "lockstep";
import type { Cache } from "../cache/cache.ts";
import { NotDroppedError } from "../cache/cached-reads.ts";
import { openCache as openConfiguredCache } from "../cache/open-cache.ts";
import { CACHE_HEALTH } from "./cache-health.ts";
import { startGrpcServer } from "./grpc-server.ts";
import type { RpcConfig } from "./rpc-config.ts";
import { opened, type RunningService } from "./running-service.ts";
import type { ServiceLog } from "./service-log.ts";
import { Standing } from "./standing.ts";

/** What every store of an rpc service can do. */
interface OwnStore {
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** What the handlers of an rpc service need. */
export interface RpcHandlersOptions<Store> {
  readonly store: Store;
  readonly cache: Cache;
  readonly barrier: BarrierOptions;
  /** Hears of errors of the cache. */
  readonly onCacheTrouble: (error: unknown) => void;
}

/** An rpc service: its methods, and its store. */
export interface RpcService<S extends DescService, Store extends OwnStore> {
  readonly service: S;
  /** Opens the store that the configuration names. */
  openStore(config: RpcConfig, log: ServiceLog): Promise<Store>;
  handlersOf(options: RpcHandlersOptions<Store>): GrpcHandlers<S>;
}

/** How a service opens its store and its cache; by default those that the configuration names. */
export interface RpcParts<Store> {
  openStore(config: RpcConfig, log: ServiceLog): Promise<Store>;
  openCache(place: RpcConfig["cache"], onTrouble: (error: Error) => void): Promise<Cache>;
}

/** Opens store and cache and serves the service over gRPC. If that fails, nothing stays open. */
export function startRpcService<S extends DescService, Store extends OwnStore>(
  rpc: RpcService<S, Store>,
  { config, log, parts }: { config: RpcConfig; log: ServiceLog; parts: Partial<RpcParts<Store>> },
): Promise<RunningService> {
  return opened(async (releases) => {
    const { openStore = rpc.openStore, openCache = openConfiguredCache } = parts;
    const storeStanding = loggedStanding("the database", log);
    const cacheStanding = loggedStanding("the cache", log);
    const onCacheTrouble = (error: unknown): void => cacheStanding.trouble(error);
    const store = await openStore(config, log);
    releases.defer(() => store.close());
    const cache = await openCache(config.cache, onCacheTrouble);
    releases.defer(() => cache.close());
    const barrier = config.barrierTable === undefined ? {} : { table: config.barrierTable };
    const handlers = rpc.handlersOf({ store, cache, barrier, onCacheTrouble });
    const server = await startGrpcServer({
      definition: grpcServiceOf(rpc.service),
      implementation: grpcHandlers(rpc.service, handlers, {
        onError: (error, { method }) => {
          if (error instanceof NotDroppedError) return; // The log said it once, when the cache went away.
          log.error("a call failed and may be repeated", { method }, error);
        },
      }),
      listenOn: config.listenOn,
      announce: config.announce,
      foundations: [
        { standing: storeStanding, ping: () => store.ping(), names: ["", rpc.service.typeName] },
        { standing: cacheStanding, ping: () => cache.ping(), names: [CACHE_HEALTH] },
      ],
      log,
    });
    releases.defer(() => server.stop());
    return { address: server.address, stop: () => releases.release() };
  });
}

/** A standing that logs a line whenever it changes. */
function loggedStanding(what: string, log: ServiceLog): Standing {
  const standing = new Standing();
  standing.listen((trouble) => {
    if (trouble === undefined) log.info(`${what} answers again`, {});
    else log.error(`${what} does not answer`, {}, trouble);
  });
  return standing;
}
