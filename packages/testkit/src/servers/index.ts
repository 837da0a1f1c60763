/** Real servers for tests and for `npm start -- --real`: found, else installed, else explained. */
export { provideCurl } from "./curl.ts";
export { type EtcdServer, startEtcd } from "./etcd.ts";
export { provideFaketime } from "./faketime.ts";
export type { SharedServers } from "./global-setup.ts";
// For the bench, which runs servers and tools of its own.
export { provide, type Requirement } from "./install.ts";
// For what is kept beside the servers, and must go with them.
export { Keeper } from "./keeper.ts";
export { type MariaDbServer, startMariaDb } from "./mariadb.ts";
export { type PostgresServer, startPostgres } from "./postgres.ts";
export type { RealServer, StartOptions } from "./real-server.ts";
export { type RedisServer, startRedis } from "./redis.ts";
export { type Place, ServerProcess } from "./server-process.ts";
