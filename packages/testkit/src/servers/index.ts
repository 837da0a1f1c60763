/** Real servers for tests and for `npm start -- --real`: found, else installed, else explained; never in the way. */
export { type EtcdServer, startEtcd } from "./etcd.ts";
export { type MariaDbServer, startMariaDb } from "./mariadb.ts";
export type { RealServer, StartOptions } from "./real-server.ts";
