// The public surface of "@lockstep/discovery". `npm run build` makes this file anew; commit it.
// A name or a member that goes or changes here breaks somebody's code.

export {
  accountsOfTarget,
  ADDRESS_ASIDE_MS,
  Addresses,
  ADDRESSES_MAX,
  announce,
  ANNOUNCE_WAIT_MS,
  Announcement,
  AnnounceOptions,
  Directory,
  DirectoryOptions,
  DiscoveryLog,
  EMPTY_LISTING_GRACE_MS,
  EtcdAccount,
  EtcdTarget,
  FIRST_LISTING_WAIT_MS,
  LEASE_TTL_S,
  MonotonicMs,
  parseTarget,
  Rng,
  StaticTarget,
  Target,
};

/**
 * The account that an etcd target names in its query (`?user=…&password=…`), in the form that `Directory` takes: by the
 * list of the target's endpoints. Empty where the target names none. Ask this only of a target that somebody trusted has
 * written, such as one in a configuration.
 *
 * @throws LockstepError `invalid_argument` when it is no target
 */
declare function accountsOfTarget(target: string): Readonly<Record<string, EtcdAccount>>;

/** How long an address that failed is passed over, while there is another one. */
declare const ADDRESS_ASIDE_MS = 5000;

/** The addresses of one service, as they are now. */
interface Addresses {
  /** The target that these are the addresses of, without what must not be shown. */
  readonly target: string;
  /**
   * The address for the next call; the addresses take turns.
   *
   * Until etcd has answered for the first time this waits, but not longer than `FIRST_LISTING_WAIT_MS` after `find`.
   * From then on it answers at once. While etcd is away the last known addresses stay in use.
   *
   * @throws LockstepError `unavailable`, naming the target, when there is no address; the signal's reason when it aborts.
   */
  pick(options?: {
    readonly signal?: AbortSignal;
  }): Promise<string>;
  /**
   * Tells that `address` could not be called. For `ADDRESS_ASIDE_MS` it is then passed over, unless there is no other
   * address left.
   */
  failed(address: string): void;
  /** The addresses in use, at most `ADDRESSES_MAX`, with those that are passed over. */
  current(): readonly string[];
}

/** How many addresses of one service a client uses, as in go-zero. Where there are more it draws so many. */
declare const ADDRESSES_MAX = 32;

/**
 * Announces in etcd that `endpoint` (`host:port`) offers the service `target`, in the way of go-zero.
 *
 * Resolves when others can find the service. From then on the lease is kept alive. When the lease or its key is lost
 * (an etcd that came back without its data, a long partition, an operator), the service is registered again, until
 * `stop`.
 *
 * @throws LockstepError `invalid_argument` when `target` is no etcd target or `endpoint` no address; `unavailable`
 * when etcd refuses, or, without `keepTrying`, does not answer within `ANNOUNCE_WAIT_MS`.
 */
declare function announce(target: string, endpoint: string, options?: AnnounceOptions): Promise<Announcement>;

/** How long `announce` tries to reach etcd before it gives up. */
declare const ANNOUNCE_WAIT_MS = 5000;

/** A service that others can find, until it is stopped. */
interface Announcement {
  /**
   * The key in etcd now: `<prefix>/<lease id in decimal>`. It changes when the lease is lost. Empty before the first
   * registration.
   */
  readonly key: string;
  /** Why others cannot find the service now, as far as is known: a full sentence. Undefined while they can. */
  readonly trouble: string | undefined;
  /**
   * Takes the key out of etcd at once, by revoking its lease. It is idempotent, never rejects and ends within
   * `ANNOUNCE_STOP_MS`. When etcd does not answer, the key goes with the end of its lease, at most `LEASE_TTL_S` later.
   */
  stop(): Promise<void>;
}

/** How a service announces itself. */
interface AnnounceOptions {
  /** The name of the etcd account. Default: the target's `?user=`; without that, no account. */
  readonly user?: string;
  /** The password of the account; it is never logged. Default: the target's `?password=`; without that, an empty one. */
  readonly password?: string;
  /** Is told when the announcement cannot be made or is lost, and when it is made. Default: nobody is told. */
  readonly log?: DiscoveryLog;
  /**
   * Resolve although etcd is away, and register the service when etcd is back. For a service that others can use by its
   * address, too. An etcd that refuses the account or the key rejects nevertheless. Default: false.
   */
  readonly keepTrying?: boolean;
  /** Ends the wait for the first registration. An announcement that was made ends by its `stop`. */
  readonly signal?: AbortSignal;
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
declare class Directory {
  #private;
  /** A directory that watches nothing yet. */
  constructor(options?: DirectoryOptions);
  /**
   * The addresses of `target`. Ask for each call rather than keeping them: the answer to a known target is immediate.
   *
   * @throws LockstepError `invalid_argument` when it is no target, `unavailable` after `close`.
   */
  find(target: string): Addresses;
  /**
   * Calls `listener` each time an instance registers itself for a service that was asked for: the first time, or again
   * after it went away. It must not throw.
   */
  onFound(listener: (addresses: Addresses) => void): void;
  /** Ends all watches and connections. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** How a directory finds services. */
interface DirectoryOptions {
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

/** How discovery tells the operator of outages and recoveries: one line for each. No line holds a password. */
type DiscoveryLog = (line: {
  /** `warn` for an outage, `info` for a recovery. */readonly level: "info" | "warn"; /** A full sentence. */
  readonly message: string;
}) => void;

/**
 * How long the last known addresses are kept when a listing is empty.
 *
 * An etcd that came back without its data knows no address until the services have registered again. Each service that
 * lives notices within the time of its lease that it must, and this grace is longer.
 */
declare const EMPTY_LISTING_GRACE_MS = 15000;

/** An account of etcd. */
interface EtcdAccount {
  /** The name of the account. */
  readonly user: string;
  /** The password of the account. */
  readonly password: string;
}

/** A service that announces itself in etcd: `etcd://h1:2379,h2:2379/user.rpc`, or `discov://…`, which means the same. */
interface EtcdTarget {
  /** Tells the kind of target. */
  readonly kind: "etcd";
  /** The target as it may be shown and logged: without account and query. */
  readonly name: string;
  /** The addresses of the etcd cluster, each as `host:port`. */
  readonly endpoints: readonly string[];
  /** The name of the service: its addresses are the values of the keys below `<key>/`. */
  readonly key: string;
  /** The account in `?user=`; `announce` alone uses it. */
  readonly user?: string;
  /** The password in `?password=`; `announce` alone uses it, and nobody shows or logs it. */
  readonly password?: string;
}

/** How long after `find` a `pick` waits for the first listing. After that it answers at once. */
declare const FIRST_LISTING_WAIT_MS = 3000;

/** How many seconds an announcement stays in etcd after the process that made it died: as many as in go-zero. */
declare const LEASE_TTL_S = 10;

/** A clock in milliseconds that never goes back, as `performance.now`. Where it starts does not matter. */
type MonotonicMs = () => number;

/**
 * Reads a target in any of go-zero's forms.
 *
 * It does not use `URL`, which refuses a list of hosts. As in go-zero, an account in front of the hosts is dropped, and
 * so is a fragment; percent-escapes in the key are decoded.
 *
 * @throws LockstepError `invalid_argument`, whose message never holds an account or a query
 */
declare function parseTarget(text: string): Target;

/** Draws a number from 0 up to and without 1, as `Math.random` does. */
type Rng = () => number;

/** Fixed addresses: `host:port`, `h1:1,h2:2` or `direct:///h1:1,h2:2`. */
interface StaticTarget {
  /** Tells the kind of target. */
  readonly kind: "static";
  /** The target as it may be shown and logged. */
  readonly name: string;
  /** The addresses, each as `host:port`. */
  readonly addresses: readonly string[];
}

/** Where a service is found. */
type Target = StaticTarget | EtcdTarget;
