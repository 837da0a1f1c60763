import type { TestProject } from "vitest/node";
import { startEtcd } from "./etcd.ts";
import { startMariaDb } from "./mariadb.ts";
import type { Address } from "./named-address.ts";
import { startPostgres } from "./postgres.ts";
import type { RealServer } from "./real-server.ts";
import { startRedis } from "./redis.ts";

/**
 * Addresses of the servers that all tests of the project "real" share; each test makes its own database or key prefix.
 */
export interface SharedServers {
  /** `host:port` */
  readonly etcd: string;
  readonly mariadb: Address;
  readonly redis: { readonly host: string; readonly port: number };
  readonly postgres: Address;
}

declare module "vitest" {
  interface ProvidedContext {
    servers: SharedServers;
  }
}

/** vitest's global setup of the project "real": starts the four servers once, for `inject("servers")`. */
export async function setup(project: Pick<TestProject, "provide">): Promise<() => Promise<void>> {
  const starts = [startEtcd(), startMariaDb(), startRedis(), startPostgres()] as const;
  const [etcd, mariadb, redis, postgres] = await Promise.all(starts).catch(() => giveUp(starts));
  project.provide("servers", {
    etcd: etcd.endpoint,
    mariadb: addressOf(mariadb),
    redis: { host: redis.host, port: redis.port },
    postgres: addressOf(postgres),
  });
  return async () => {
    await Promise.all([etcd.stop(), mariadb.stop(), redis.stop(), postgres.stop()]);
  };
}

/** The address as plain data, which vitest can send to another process. */
function addressOf({ host, port, user, password }: Address): Address {
  return { host, port, user, password };
}

/** Called when a server did not start: stops the others, and throws an error with the reason of each that failed. */
async function giveUp(starts: readonly Promise<RealServer>[]): Promise<never> {
  const failures: unknown[] = [];
  for (const settled of await Promise.allSettled(starts)) {
    if (settled.status === "fulfilled") await settled.value.stop();
    else failures.push(settled.reason);
  }
  const messages = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)));
  throw new AggregateError(failures, messages.join("\n\n"));
}
