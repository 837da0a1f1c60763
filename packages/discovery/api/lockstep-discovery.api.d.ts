// The public surface of "@lockstep/discovery". `npm run build` makes this file anew; commit it.
// A name or a member that goes or changes here breaks somebody's code.

export {
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

/** How long an address that failed is passed over while another one is live. */
declare const ADDRESS_ASIDE_MS = 5000;

/** The addresses of one service, as they are now. */
interface Addresses {
  /** The target they belong to, as it may be shown. */
  readonly target: string;
  /**
   * The address for the next call, in turn.
   *
   * Waits, at most until `FIRST_LISTING_WAIT_MS` after `find`, for etcd's first answer; after that it answers from
   * what is known. While etcd is away the last known addresses stay in use.
   *
   * @throws LockstepError `unavailable`, naming the target, when there is no address; the signal's reason when it aborts.
   */
  pick(options?: {
    readonly signal?: AbortSignal;
  }): Promise<string>;
  /** Says that a call to `address` could not be made: it is passed over for `ADDRESS_ASIDE_MS` while another is live. */
  failed(address: string): void;
  /** The addresses in use, at most `ADDRESSES_MAX`, those passed over included. */
  current(): readonly string[];
}

/** How many addresses of one service a client uses, as in go-zero: a random subset when there are more. */
declare const ADDRESSES_MAX = 32;

/**
 * Announces in etcd that the service `target` is offered at `endpoint` (`host:port`), as go-zero does it.
 *
 * Resolves when others can find it. From then on the lease is kept alive, and when the lease or its key is lost (an
 * etcd that came back without its data, a long partition, an operator), it is registered again until stopped.
 *
 * @throws LockstepError `invalid_argument` when `target` is no etcd target or `endpoint` no address; `unavailable`
 * when etcd refuses, or does not answer within `ANNOUNCE_WAIT_MS`.
 */
declare function announce(target: string, endpoint: string, options?: AnnounceOptions): Promise<Announcement>;

/** How long `announce` tries to reach etcd before it gives up. */
declare const ANNOUNCE_WAIT_MS = 5000;

/** A service that others can find, until it is stopped. */
interface Announcement {
  /** The key in etcd now: `<prefix>/<lease id in decimal>`. It changes when the lease is lost. */
  readonly key: string;
  /**
   * Takes the key away at once, by revoking its lease. Idempotent, never rejects, ends within `ANNOUNCE_STOP_MS`: with
   * an etcd that does not answer, the key goes when its lease ends, `LEASE_TTL_S` later at most.
   */
  stop(): Promise<void>;
}

/** How a service announces itself. */
interface AnnounceOptions {
  /** The etcd account; else the target's `?user=`. Default: none. */
  readonly user?: string;
  /** Its password; else the target's `?password=`. Never logged. */
  readonly password?: string;
  /** Hears when the announcement is lost and made again. Default: nobody. */
  readonly log?: DiscoveryLog;
  /** Ends the wait for a first registration; to end an announcement, `stop` it. */
  readonly signal?: AbortSignal;
}

/**
 * Finds services by target, and keeps what it found up to date.
 *
 * Owns one watch per target and one connection per etcd endpoint list, both opened by the first `find` that needs
 * them. An open watch keeps the process alive until `close`.
 *
 * - D1: at most `TARGETS_MAX` targets are watched; the one not asked for the longest gives way.
 * - D2: no work of a directory outlives its `close`.
 */
declare class Directory {
  #private;
  constructor(options?: DirectoryOptions);
  /**
   * The addresses of `target`. Ask for each call rather than keeping them: the answer to a known target is immediate.
   *
   * @throws LockstepError `invalid_argument` when it is no target, `unavailable` after `close`.
   */
  find(target: string): Addresses;
  /** Ends all watches and connections. Idempotent; rejects never. */
  close(): Promise<void>;
}

/** How a directory finds services. */
interface DirectoryOptions {
  /**
   * Accounts by endpoint list (`"h1:2379,h2:2379"`, in any order), for an etcd that wants one.
   *
   * Never taken from a target: a target may come from whoever submits a transaction, and must not decide where an
   * account is sent. Default: none.
   */
  readonly accounts?: Readonly<Record<string, EtcdAccount>>;
  /** Hears of outages and recoveries. Default: nobody. */
  readonly log?: DiscoveryLog;
  /** Draws the subset of a large service and where its rotation begins. Default: `Math.random`. */
  readonly rng?: Rng;
  /** Times how long an address is set aside. Default: `performance.now`. */
  readonly nowMs?: MonotonicMs;
}

/** What discovery tells the operator: outages and recoveries, once each. No line holds a password. */
type DiscoveryLog = (line: {
  readonly level: "info" | "warn";
  readonly message: string;
}) => void;

/**
 * How long the last known addresses are kept when the first listing after an outage is empty.
 *
 * An etcd that came back without its data knows nobody until the services have registered again. Longer than
 * a lease, so that in this time every service that lives has noticed.
 */
declare const EMPTY_LISTING_GRACE_MS = 15000;

/** The account with which etcd is asked. */
interface EtcdAccount {
  readonly user: string;
  readonly password: string;
}

/** A service that announces itself in etcd: `etcd://h1:2379,h2:2379/user.rpc`, or `discov://…`, which means the same. */
interface EtcdTarget {
  readonly kind: "etcd";
  /** The target as it may be shown and logged: without account and query. */
  readonly name: string;
  readonly endpoints: readonly string[];
  /** Addresses are the values of the keys below `<key>/`. */
  readonly key: string;
  /** Read from `?user=`; meant for `announce` only. */
  readonly user?: string;
  /** Read from `?password=`; meant for `announce` only. Never shown or logged. */
  readonly password?: string;
}

/** How long after `find` a first `pick` waits for the first listing; later ones answer from what is known. */
declare const FIRST_LISTING_WAIT_MS = 3000;

/** How long an announcement outlives the process that made it, in seconds; go-zero's value. */
declare const LEASE_TTL_S = 10;

/** A clock that only goes forward, in milliseconds; where it starts does not matter. */
type MonotonicMs = () => number;

/**
 * Reads a target in any of go-zero's forms.
 *
 * By hand, because WHATWG `URL` refuses a list of hosts. As in go-zero, an account in front of the hosts and a
 * fragment are dropped and percent-escapes in the key are decoded.
 *
 * @throws LockstepError `invalid_argument`; the message never holds an account or a query.
 */
declare function parseTarget(text: string): Target;

/** A draw from [0, 1). */
type Rng = () => number;

/** Fixed addresses: `host:port`, `h1:1,h2:2` or `direct:///h1:1,h2:2`. */
interface StaticTarget {
  readonly kind: "static";
  /** The target as it may be shown and logged. */
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Where a service is found. */
type Target = StaticTarget | EtcdTarget;
