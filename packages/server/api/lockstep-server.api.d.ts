// The public surface of "@lockstep/server". `npm run build` makes this file anew; commit it.
// A name or a member that goes or changes here breaks somebody's code.

import { Address, Address as Address$1, Coordinator, Coordinator as Coordinator$1 } from "@lockstep/protocol";

export {
  Address,
  AlertsConfig,
  AnnounceConfig,
  Config,
  ConfigFlags,
  ConfigSource,
  Coordinator,
  EngineLimits,
  EngineLog,
  loadConfig,
  LoadedConfig,
  LogLevel,
  openCoordinator,
  OpenCoordinatorOptions,
  RetryPolicy,
  RunningServer,
  serve,
  ServeOptions,
  VERSION,
};

/** Where to send alerts, and when. */
interface AlertsConfig {
  /** The URL of the webhook; may hold a password or a token. */
  readonly url: string;
  /** How many answers of an op in a row may be unclear before an alert is sent. */
  readonly retryLimit: number;
}

/** Where to announce the gRPC port, so that clients find the coordinator by name. */
interface AnnounceConfig {
  /** `etcd://h1:2379,h2:2379/dtmservice`; may hold a password. */
  readonly target: string;
  /** The `host:port` at which others reach the gRPC port; port 0 stands for the port it listens on. */
  readonly endpoint: string;
}

/** All settings of a coordinator. Frozen. */
interface Config {
  /** The address on which both doors listen. Default: 127.0.0.1. */
  readonly host: string;
  /** Further names under which callers reach the doors, in small letters. Default: none. */
  readonly hosts: readonly string[];
  /** 0 picks a free port. Default: 36789. */
  readonly httpPort: number;
  /** 0 picks a free port. Default: 36790. */
  readonly grpcPort: number;
  /** Where transactions are kept: `memory:` or `sqlite:PATH`. Default: `sqlite:./lockstep.db`. */
  readonly storeUrl: string;
  /** Where to announce the gRPC port. Default: null, nowhere. */
  readonly announce: AnnounceConfig | null;
  /** Default: "info". */
  readonly logLevel: LogLevel;
  /** Limits of the engine: times, and how much it does at once. */
  readonly limits: EngineLimits;
  /** Read any HTTP body that contains FAILURE or ONGOING as that result, as dtm does. Default: false. */
  readonly legacyResults: boolean;
  /** Where to send alerts. Default: null, nowhere. */
  readonly alerts: AlertsConfig | null;
}

/** The flags of the command line, as text. */
interface ConfigFlags {
  /** `--host`: the address on which both doors listen. */
  readonly host?: string | undefined;
  /** `--http-port`. */
  readonly httpPort?: string | undefined;
  /** `--grpc-port`. */
  readonly grpcPort?: string | undefined;
  /** `--store`: `memory:` or `sqlite:PATH`. */
  readonly store?: string | undefined;
  /** `--log-level`. */
  readonly logLevel?: string | undefined;
  /** `--insecure`: listen on an address that other machines can reach, without authentication. */
  readonly insecure?: boolean | undefined;
}

/** The sources of a configuration. */
interface ConfigSource {
  /** The flags of the command line; stronger than the file. */
  readonly flags: ConfigFlags;
  /** The text of a dtm `conf.yml`. */
  readonly fileText?: string | undefined;
  /** The name of the file in messages. Default: "conf.yml". */
  readonly fileName?: string | undefined;
  /** Only dtm's variables and `LOCKSTEP_*` are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The settings of an engine. The configuration has the defaults, and checks that the settings fit each other. */
interface EngineLimits extends RetryPolicy {
  /** Transactions driven at the same time. Default: 1,000. */
  readonly inFlightMax: number;
  /** Accepted transactions that may wait for one of those places; beyond that, submit is refused. Default: 10,000. */
  readonly waitingMax: number;
  /**
   * Content of all transactions that are in flight or wait, in bytes: URLs and payloads, and a little for each. Beyond
   * that, submit is refused; beyond half of it, recovery waits. Memory in use grows with it. Default: 256 MiB.
   */
  readonly inHandBytesMax: number;
  /**
   * Calls that one destination has out at the same time; more of them wait in a line of its own, and the
   * transactions that wait there hold no place. Less than `inFlightMax`, so that one service that hangs leaves
   * places for the others. Default: 250.
   */
  readonly callsPerDestinationMax: number;
  /**
   * How long a lease lasts: when its holder dies, another coordinator takes over after this. The holder renews it.
   *
   * Longer means fewer needless take-overs; shorter means faster recovery after a crash. More than `branchTimeoutMs`.
   * Default: 10 seconds, or twice `branchTimeoutMs` where that is more.
   */
  readonly leaseMs: number;
  /** How long one branch call may take, unless the transaction says otherwise. Default: 3 seconds. */
  readonly branchTimeoutMs: number;
  /**
   * How long a transaction may stay prepared, unless it says otherwise: then a tcc or an xa is rolled back. A saga waits
   * for its submit without a limit. Default: 35 seconds.
   */
  readonly timeoutToFailMs: number;
  /** The longest that a submit waits for its result. Default: 10 seconds. */
  readonly waitMsMax: number;
  /** How long a stop waits for what is in flight before it cuts it off. Default: 10 seconds. */
  readonly drainMs: number;
  /** How long a finished transaction is kept; a submit repeated later than that runs again. Default: 1 day. */
  readonly retainMs: number;
  /** How often the store is asked for what others left behind. Default: 1 second. */
  readonly pollMs: number;
}

/** The log: a part of the server says what happened, in sentences. Fields never hold payloads or headers. */
interface EngineLog {
  /** Something went as it should. */
  info(event: string, fields: Readonly<Record<string, string | number>>): void;
  /** Somebody should look at this: it works, but not as well as it could. */
  warn(event: string, fields: Readonly<Record<string, string | number>>): void;
  /** Something failed; `cause` is what was thrown. */
  error(event: string, fields: Readonly<Record<string, string | number>>, cause: unknown): void;
}

/** Reads the configuration. @throws LockstepError `invalid_argument` with every problem, one a line. */
declare function loadConfig(source: ConfigSource): LoadedConfig;

/** A configuration without problems. */
interface LoadedConfig {
  /** The settings that were given, and defaults for the rest. */
  readonly config: Config;
  /** Sentences about settings that have no effect or are risky. */
  readonly warnings: readonly string[];
}

/** How much the log says: each level includes the levels after it. */
type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * Opens a coordinator; give it to `new Lockstep(…)`. It goes on with the transactions that an earlier process left
 * unfinished in the same store. Call `close()` before the process ends, to drain the transactions in flight.
 *
 * @throws LockstepError `invalid_argument` when `store` is no store URL or a limit is out of bounds; `unavailable` when
 * the store cannot be opened, for example because another coordinator has the file open.
 */
declare function openCoordinator(options?: OpenCoordinatorOptions): Promise<Coordinator$1>;

/** The settings of a coordinator in the caller's own process. */
interface OpenCoordinatorOptions {
  /**
   * Where transactions are kept: `sqlite:PATH`, a file that only this process opens, or `memory:`, which loses
   * everything when the process ends. Default: `sqlite:./lockstep.db`.
   */
  readonly store?: string;
  /** Limits as in docs/configuration.md, with the same bounds. Default: those of the server. */
  readonly limits?: Partial<EngineLimits>;
  /** Read any HTTP body that contains FAILURE or ONGOING as that result, as dtm does. Default: false. */
  readonly legacyResults?: boolean;
  /** Gets the lines of the log. Default: no log. */
  readonly log?: EngineLog;
}

/** How often and how long an op without a definite answer is asked again. Part of the server's configuration. */
interface RetryPolicy {
  /**
   * The first delay, and the interval at which ONGOING is polled, unless the transaction sets its own.
   * Default: 1 second.
   */
  readonly retryBaseMs: number;
  /**
   * No delay is longer, unless the transaction's own first delay already is.
   * Default: 5 minutes, or `retryBaseMs` where that is more.
   */
  readonly retryCapMs: number;
  /** Calls of one op that may end unknown in a row; after that the transaction is parked. Default: 100. */
  readonly retryBudget: number;
}

/** A coordinator with both doors open. */
interface RunningServer {
  /** The address on which the HTTP door really listens. */
  readonly http: Address$1;
  /** The address on which the gRPC door really listens. */
  readonly grpc: Address$1;
  /** A stop that takes longer than this hangs; break it off. */
  readonly stopMsMax: number;
  /**
   * Tells probes that it is not ready, de-registers, takes nothing new, drains, closes. Idempotent.
   *
   * It de-registers first, so that callers no longer come when it takes nothing new. It waits for that for at most
   * `RETIRE_MS_MAX`; then a registry that hangs gets its time during the drain.
   */
  stop(): Promise<void>;
}

/**
 * Opens the store, the engine and both doors, and announces the gRPC door where the configuration says so.
 *
 * When the registry is away, the coordinator is announced later.
 *
 * A port that an outgoing connection of this machine holds is waited for, for a minute at most; `signal` ends that wait.
 *
 * @throws LockstepError `unavailable` when the store cannot be opened, a port is taken or the registry refuses; the
 * signal's reason when it ended the wait for a port. Nothing is left open then.
 */
declare function serve(config: Config, {
  log,
  signal
}: ServeOptions): Promise<RunningServer>;

/** What a coordinator with doors needs beside its configuration. */
interface ServeOptions {
  /** Gets the lines of the log. */
  readonly log: EngineLog;
  /** Ends a start that waits for a port. A coordinator that runs is ended by its `stop`. */
  readonly signal?: AbortSignal | undefined;
}

/** This package's version; a test compares it with package.json. */
declare const VERSION = "0.1.0";
