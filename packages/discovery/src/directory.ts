import { LockstepError } from "@lockstep/protocol";
import type { Etcd3 } from "etcd3";
import { type Addresses, type AddressesPorts, EtcdAddresses, StaticAddresses } from "./addresses.ts";
import { type DiscoveryLog, unbreakable } from "./discovery-log.ts";
import { type EtcdAccount, openEtcd } from "./etcd-client.ts";
import { follow, keysBelow } from "./follow.ts";
import { TARGETS_MAX } from "./limits.ts";
import type { MonotonicMs, Rng } from "./rotation.ts";
import { type EtcdTarget, parseTarget } from "./target.ts";

/** How a directory finds services. */
export interface DirectoryOptions {
  /**
   * The account for each etcd that wants one, by its list of endpoints (`"h1:2379,h2:2379"`, in any order). It is used
   * for a target that names all of these endpoints or some of them, and no other.
   *
   * An account in a target is not used. A target may come from whoever submits a transaction, and must not decide where
   * an account is sent. Default: no accounts.
   */
  readonly accounts?: Readonly<Record<string, EtcdAccount>>;
  /** Is told of outages and recoveries. Default: nobody is told. */
  readonly log?: DiscoveryLog;
  /** Draws which addresses of a large service are used, and with which of them calls begin. Default: `Math.random`. */
  readonly rng?: Rng;
  /** The clock by which an address that failed is passed over for a time. Default: `performance.now`. */
  readonly nowMs?: MonotonicMs;
}

/** A connection to one etcd cluster, kept while a watched target uses it. */
interface Connection {
  readonly client: Promise<Etcd3>;
  readonly targets: Set<string>;
}

/** One target that is kept up to date. */
interface Watched {
  readonly addresses: Addresses;
  stop(): Promise<void>;
}

/**
 * Finds services by target, and keeps their addresses up to date.
 *
 * It owns one watch for each target and one connection for each list of etcd endpoints. The first `find` that needs
 * them opens them. An open watch keeps the process alive until `close`.
 *
 * - D1: at most `TARGETS_MAX` targets are watched. For a new one, the target that nobody asked for the longest is dropped.
 * - D2: no work of a directory outlives its `close`.
 */
export class Directory {
  readonly #ports: AddressesPorts;
  readonly #accounts: ReadonlyArray<readonly [endpoints: ReadonlySet<string>, account: EtcdAccount]>;
  readonly #connections = new Map<string, Connection>();
  /** By target, in the order in which they were last asked for. */
  readonly #watched = new Map<string, Watched>();
  /** Watches that were dropped and have not ended yet. */
  readonly #ending = new Set<Promise<void>>();
  readonly #listeners: Array<(addresses: Addresses) => void> = [];
  #closed: Promise<void> | undefined;

  /** A directory that watches nothing yet. */
  constructor(options: DirectoryOptions = {}) {
    this.#ports = {
      nowMs: options.nowMs ?? (() => performance.now()),
      rng: options.rng ?? Math.random,
      log: unbreakable(options.log),
      found: (addresses) => this.#listeners.forEach((listener) => void listener(addresses)),
    };
    this.#accounts = Object.entries(options.accounts ?? {}).map(([list, account]) => [
      new Set(list.split(",").map((endpoint) => endpoint.trim())),
      account,
    ]);
  }

  /**
   * The addresses of `target`. Ask for each call rather than keeping them: the answer to a known target is immediate.
   *
   * @throws LockstepError `invalid_argument` when it is no target, `unavailable` after `close`.
   */
  find(target: string): Addresses {
    if (this.#closed !== undefined) {
      throw new LockstepError(
        "unavailable",
        "This directory is closed and finds nothing any more; make a new one.",
      );
    }
    const parsed = parseTarget(target);
    const known = this.#watched.get(parsed.name);
    if (known !== undefined) {
      this.#watched.delete(parsed.name);
      this.#watched.set(parsed.name, known);
      return known.addresses;
    }
    const watched =
      parsed.kind === "etcd"
        ? this.#watch(parsed)
        : { addresses: new StaticAddresses(parsed, this.#ports), stop: async () => undefined };
    this.#watched.set(parsed.name, watched);
    this.#makeRoom();
    return watched.addresses;
  }

  /**
   * Calls `listener` each time an instance registers itself for a service that was asked for: the first time, or again
   * after it went away. It must not throw.
   */
  onFound(listener: (addresses: Addresses) => void): void {
    this.#listeners.push(listener);
  }

  /** Ends all watches and connections. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const watched = [...this.#watched.values()];
    this.#watched.clear();
    await Promise.all([...watched.map(({ stop }) => stop()), ...this.#ending]);
  }

  #makeRoom(): void {
    for (const [name, watched] of this.#watched) {
      if (this.#watched.size <= TARGETS_MAX) return; // D1
      this.#watched.delete(name);
      const ending = watched.stop().finally(() => this.#ending.delete(ending));
      this.#ending.add(ending);
    }
  }

  #watch(target: EtcdTarget): Watched {
    const addresses = new EtcdAddresses(target, this.#ports);
    const stopping = new AbortController();
    const connection = this.#connect(target);
    const following = connection.client
      .then((client) =>
        follow(client, keysBelow(target.key), {
          follower: addresses,
          signal: stopping.signal,
          rng: this.#ports.rng,
        }),
      )
      .catch((error: unknown) => addresses.lost(error, false));
    return {
      addresses,
      stop: async () => {
        addresses.close();
        stopping.abort();
        await following;
        await this.#disconnect(target);
      },
    };
  }

  #connect(target: EtcdTarget): Connection {
    const key = connectionKey(target.endpoints);
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      connection = { client: openEtcd(target.endpoints, this.#accountFor(target)), targets: new Set() };
      this.#connections.set(key, connection);
    }
    connection.targets.add(target.name);
    return connection;
  }

  /** The first account that was given for each of the target's endpoints: it goes nowhere else. */
  #accountFor({ endpoints }: EtcdTarget): EtcdAccount | undefined {
    return this.#accounts.find(([known]) => endpoints.every((endpoint) => known.has(endpoint)))?.[1];
  }

  async #disconnect(target: EtcdTarget): Promise<void> {
    const key = connectionKey(target.endpoints);
    const connection = this.#connections.get(key);
    connection?.targets.delete(target.name);
    if (connection === undefined || connection.targets.size > 0) return;
    this.#connections.delete(key);
    // A client that could not be opened has told that to its targets, and needs no close.
    await connection.client.then(
      (client) => client.close(),
      () => undefined,
    );
  }
}

function connectionKey(endpoints: readonly string[]): string {
  return [...endpoints].sort().join(",");
}
