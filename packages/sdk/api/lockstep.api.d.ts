// The public surface of "lockstep". `npm run build` makes this file anew; commit it.
// A name or a member that goes or changes here breaks somebody's code.

import { Addresses, AnnounceOptions, Announcement, Directory, Directory as Directory$1, DirectoryOptions, DiscoveryLog, EtcdAccount, announce } from "@lockstep/discovery";
import { BranchView, CODES, CallOptions, CallOptions as CallOptions$1, Code, Coordinator, Coordinator as Coordinator$1, LockstepError, LockstepError as LockstepError$1, SubmitOptions, SubmitOptions as SubmitOptions$1, TransactionRequest, TransactionView, TransactionView as TransactionView$1 } from "@lockstep/protocol";
import { DescMessage, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { ServerUnaryCall, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";

export {
  Addresses,
  announce,
  Announcement,
  AnnounceOptions,
  Barrier,
  BarrierCallOptions,
  BarrierClient,
  BarrierDialect,
  BarrierOptions,
  barrierTable,
  BranchContext,
  branchContextOf,
  branchContextOfMetadata,
  branchContextOfQuery,
  BranchMethod,
  BranchView,
  CallOptions,
  Clock,
  Code,
  CODES,
  Coordinator,
  Directory,
  DirectoryOptions,
  DiscoveryLog,
  DuplicatedError,
  EtcdAccount,
  Failure,
  GrpcCoordinator,
  GrpcHandler,
  GrpcHandlers,
  grpcHandlers,
  GrpcHandlersOptions,
  grpcServiceOf,
  GrpcStep,
  httpAnswerOf,
  HttpBranchAnswer,
  HttpCoordinator,
  HttpStep,
  Lockstep,
  LockstepError,
  LockstepOptions,
  MetadataLike,
  Ongoing,
  ParsedQuery,
  Saga,
  SagaOptions,
  SagaSubmitOptions,
  ServiceCallOptions,
  ServiceClient,
  SubmitOptions,
  TransactionFailedError,
  TransactionOngoingError,
  TransactionView,
};

/**
 * Makes one op of one branch take effect at most once, whatever is lost, repeated or late: a duplicate does nothing,
 * a compensation whose action never ran does nothing (null compensation), and an action that comes after its
 * compensation does nothing (dangling action). In all three the branch answers success.
 *
 * It works by rows in a table of the business's own database, written in the business's own transaction. Make a
 * new one for each branch call. A branch that uses several databases, or one several times, calls it once for each, in the same order every time.
 */
declare class Barrier {
  #private;
  readonly context: BranchContext;
  constructor(context: BranchContext, options?: BarrierOptions);
  /**
   * The barrier of the branch call that `source` is about: a `BranchContext`; a request of Fastify, Express, Nest, Koa, Hono,
   * node:http or fetch; a URL or a parsed query; a grpc-js call or its metadata; a Connect handler context.
   * @throws LockstepError `invalid_argument` (`invalid trans info: …`) when a coordinator did not make the call
   */
  static from(source: object | string, options?: BarrierOptions): Barrier;
  /**
   * Runs `business` in a transaction of its own, if this op is to take effect. Resolves, after the commit, to what `business`
   * returned, or to undefined when there was nothing to do.
   *
   * Whatever `business` throws rolls everything back, the barrier's rows too, and is thrown on: throw `Failure` to
   * refuse for good, and let errors of the database pass, which makes the coordinator ask again. A pool lends a connection
   * for the time of the call; on a single connection, and so on a SQLite database, calls wait for each other, and
   * other statements must not be sent meanwhile: they would be part of the transaction, and none may be open before.
   * @throws DuplicatedError
   * @throws LockstepError `invalid_argument` when a transaction is open on `connection`
   */
  call<C extends PgPoolClient, T>(pool: PgPool<C>, business: (tx: C) => Promise<T>, options?: BarrierCallOptions): Promise<T | undefined>;
  call<C extends MysqlPoolConnection, T>(pool: MysqlPool<C>, business: (tx: C) => Promise<T>, options?: BarrierCallOptions): Promise<T | undefined>;
  call<C extends BarrierClient, T>(connection: C, business: (tx: C) => Promise<T> | T, options?: BarrierCallOptions): Promise<T | undefined>;
  /**
   * The same within a transaction that is open on `connection`. Afterwards the caller commits, also when there was nothing to
   * do, because the barrier's rows must stay; when this rejects, the caller rolls back.
   * @throws DuplicatedError
   * @throws LockstepError `invalid_argument` when no transaction is open
   */
  callInTransaction<T>(connection: BarrierClient, business: () => Promise<T> | T): Promise<T | undefined>;
}

interface BarrierCallOptions {
  /**
   * When it aborts before the commit, the call rejects with its reason: at once while it waits for a connection of the pool or
   * for its turn, else once `business` is done, and then the transaction is rolled back.
   */
  readonly signal?: AbortSignal;
}

/** A single connection of a supported library. */
type BarrierClient = MysqlConnection | PgClient | SqliteDatabase;

type BarrierDialect = "mysql" | "postgres" | "sqlite";

interface BarrierOptions {
  /** The barrier's table. Default: `dtm_barrier.barrier` in MySQL and PostgreSQL, `barrier` in SQLite. */
  readonly table?: string;
}

/**
 * The statements that create the barrier's table where it does not exist, to be run one by one. Services may run them
 * at every start, several at once too.
 *
 * The table is dtm's, so that its clients and Lockstep's can share one. It must be in a database that the business
 * transaction reaches; every database that takes part has its own. Rows may be deleted once no transaction can be as old as they are
 * (`create_time` tells; it is indexed), never earlier.
 * @throws LockstepError `invalid_argument` for a name that would need quoting
 */
declare function barrierTable(dialect: BarrierDialect, name?: string): readonly string[];

/** Which op of which branch a call is about, as the coordinator says it with every call. */
interface BranchContext {
  readonly gid: string;
  /** `saga`, `tcc`, `msg`, `xa` or `workflow`. */
  readonly transType: string;
  /** `01`, `02`, … in the order of the steps. */
  readonly branchId: string;
  /** `action`, `compensate`, `try`, `confirm`, `cancel`, … */
  readonly op: string;
}

/**
 * The branch context of whatever a handler has at hand, recognised by its shape: a `BranchContext`; a request of
 * Fastify, Express, Nest, Koa or node:http; a Hono context; a fetch `Request`; a URL or a parsed query; a grpc-js
 * call or its metadata; a Connect handler context.
 * @throws LockstepError `invalid_argument`
 */
declare function branchContextOf(source: object | string): BranchContext;

/**
 * The branch context in the metadata of a gRPC branch call.
 * @throws LockstepError `invalid_argument` when a part is missing: the call did not come from a coordinator.
 */
declare function branchContextOfMetadata(metadata: MetadataLike): BranchContext;

/**
 * The branch context in the query of an HTTP branch call.
 *
 * Takes a URL (a path with a query will do), its search parameters, or the query as a framework parsed it.
 * @throws LockstepError `invalid_argument` when a part is missing: the call did not come from a coordinator.
 */
declare function branchContextOfQuery(query: string | URL | URLSearchParams | ParsedQuery): BranchContext;

/**
 * A unary method of a service: call it, or name it as an op of a saga's step.
 *
 * A call goes to the target's addresses in turn. It is tried at another address when it cannot have arrived, and,
 * where the .proto declares the method's `idempotency_level`, also when the connection broke on the way.
 * It rejects with grpc-js' own `ServiceError` (`code`, `details`, `metadata`), because its code is what a caller
 * decides by; with a `LockstepError` `unavailable` when the target has no address or its `Lockstep` is closed, and
 * `invalid_argument` where the request cannot be encoded;
 * with the signal's reason when that aborts. A `ServiceError` thrown on in a branch counts as unknown there: whether the refusal of *another*
 * service is a `Failure` of this one is for the branch to say.
 */
interface BranchMethod<I extends DescMessage, O extends DescMessage> {
  (request: MessageInitShape<I>, options?: ServiceCallOptions): Promise<MessageShape<O>>;
  /** Where a coordinator finds it: `<target>/<package.Service>/<method>`. */
  readonly url: string;
  readonly input: I;
  readonly output: O;
}

/** The time, as the SDK needs it. A test gives its own. */
interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when that comes first. */
  pause(ms: number, options: {
    readonly signal: AbortSignal | undefined;
  }): Promise<void>;
  /** Calls `expired` after `ms`, unless what it answers is called before. */
  after(ms: number, expired: () => void): () => void;
}

/**
 * The message's own part has run already, or the check-back has found that it never will; nothing was done now.
 * Thrown for op `msg` only: other ops answer success when they come twice.
 */
declare class DuplicatedError extends LockstepError$1 {
  readonly name = "DuplicatedError";
  constructor(gid: string);
}

/**
 * Thrown in a branch: the business refuses, for good (FAILURE on the wire: HTTP 409, gRPC ABORTED).
 *
 * The barrier's transaction is rolled back and, where the mode allows it, the coordinator rolls the whole
 * global transaction back. Throw it only for what asking again cannot change: a taken name, no money. A
 * lock wait or a lost connection is not a failure: let such an error pass as it is, and the branch is asked again.
 */
declare class Failure extends Error {
  readonly name = "Failure";
}

/**
 * The coordinators behind a gRPC target, Lockstep's or dtm's: `host:port`, several of them, or a service in etcd.
 * Calls go to them in turn; when one cannot be reached, or is silent, the next is asked, as every call may be repeated.
 */
declare class GrpcCoordinator implements Coordinator$1 {
  #private;
  /** `target` is what `parseTarget` reads. @throws LockstepError `invalid_argument` */
  constructor(target: string, options?: GrpcCoordinatorOptions);
  newGid(options?: CallOptions$1): Promise<string>;
  prepare(request: TransactionRequest, options?: CallOptions$1): Promise<void>;
  submit(request: TransactionRequest, options?: SubmitOptions$1): Promise<void>;
  abort(request: TransactionRequest, options?: CallOptions$1): Promise<void>;
  /** Not offered by the protocol's gRPC door. @throws LockstepError `unsupported`, always */
  query(gid: string): Promise<TransactionView$1 | undefined>;
  close(): Promise<void>;
}

interface GrpcCoordinatorOptions {
  /** Finds the coordinators of the target. Default: one of its own, closed with it. */
  readonly directory?: Directory$1;
  readonly clock?: Clock;
}

/**
 * What a method's handler does: answer with a reply, or throw. `call` has the metadata for `Barrier.from(call)`.
 *
 * `Failure` goes out as ABORTED and `Ongoing` as FAILED_PRECONDITION. An error with a numeric gRPC `code` and
 * `details` goes out as it is, but for those two codes, which become UNKNOWN: they would be taken for this branch's
 * own decision, and an error of another service that was merely passed on is not. Everything else is UNKNOWN without its text,
 * which may quote data or SQL, and is asked again. A text that is too long for a status is cut.
 */
type GrpcHandler<I extends DescMessage, O extends DescMessage> = (request: MessageShape<I>, call: ServerUnaryCall<MessageShape<I>, MessageShape<O>>) => MessageInitShape<O> | Promise<MessageInitShape<O>>;

/** Handlers by method name; a method without one answers UNIMPLEMENTED. */
type GrpcHandlers<S extends DescService> = { readonly [K in keyof S["method"] as S["method"][K] extends {
  readonly methodKind: "unary";
} ? K : never]?: GrpcHandler<S["method"][K]["input"], S["method"][K]["output"]> };

/** The grpc-js implementation of the handlers: `server.addService(grpcServiceOf(User), grpcHandlers(User, { … }))`. */
declare function grpcHandlers<S extends DescService>(service: S, handlers: GrpcHandlers<S>, options?: GrpcHandlersOptions): UntypedServiceImplementation;

interface GrpcHandlersOptions {
  /**
   * Hears of every error whose text is kept from the caller, after the call is answered: the place to log it. What
   * it throws itself is dropped. Default: nobody does, so give one.
   */
  readonly onError?: (error: unknown, about: {
    readonly method: string;
  }) => unknown;
}

/** The grpc-js definition of a service generated by protobuf-es: `server.addService(grpcServiceOf(User), …)`. */
declare function grpcServiceOf(service: DescService): ServiceDefinition;

/** A step whose ops are methods of a gRPC service. Both take the same request: it is stored and sent to either. */
interface GrpcStep<I extends DescMessage> {
  readonly action: BranchMethod<I, DescMessage>;
  /** Undoes the action. Default: nothing to undo. */
  readonly compensate?: BranchMethod<I, DescMessage>;
  readonly request: MessageInitShape<I>;
}

/**
 * The HTTP answer by which a coordinator understands what a branch threw: `Failure` 409, `Ongoing` 425, a call
 * without branch context 400 and everything else 500, which is asked again. The text of an unexpected error stays
 * inside, as it may quote data or SQL: log the error itself where you call this.
 */
declare function httpAnswerOf(error: unknown): HttpBranchAnswer;

/** What an HTTP handler sends back; `body` is an object to be sent as JSON. */
interface HttpBranchAnswer {
  readonly status: number;
  readonly body: {
    readonly error: string;
  };
}

/** A coordinator behind its HTTP door: Lockstep's or dtm's. Connections are kept and used again. */
declare class HttpCoordinator implements Coordinator$1 {
  #private;
  /**
   * `url` is `http(s)://host:port`, with a path where the API is not at `/api/dtmsvr`.
   * @throws LockstepError `invalid_argument`
   */
  constructor(url: string, options?: HttpCoordinatorOptions);
  newGid(options?: CallOptions$1): Promise<string>;
  prepare(request: TransactionRequest, options?: CallOptions$1): Promise<void>;
  submit(request: TransactionRequest, options?: SubmitOptions$1): Promise<void>;
  abort(request: TransactionRequest, options?: CallOptions$1): Promise<void>;
  query(gid: string, options?: CallOptions$1): Promise<TransactionView$1 | undefined>;
  /** Ends the calls in flight, as `unavailable`, and the connections. */
  close(): Promise<void>;
}

interface HttpCoordinatorOptions {
  readonly clock?: Clock;
}

/**
 * A step whose ops are HTTP URLs, called with POST. The coordinator adds `gid`, `trans_type`, `branch_id` and `op` to
 * their queries, so they may have none of these, nor `branch_type`, by themselves.
 */
interface HttpStep {
  readonly action: string;
  /** Undoes the action. Default: nothing to undo. */
  readonly compensate?: string;
  /** Sent to either op as JSON. Default: `null`. */
  readonly body?: unknown;
}

/**
 * The way into Lockstep: a coordinator, and the services that take part. Make one per process; it keeps
 * connections until `close`.
 */
declare class Lockstep implements AsyncDisposable {
  #private;
  /** The coordinator itself, for what the modes do not cover. */
  readonly coordinator: Coordinator$1;
  /**
   * `coordinator` is where one is found: `http(s)://host:port[/path]`, `grpc://host:port[,host:port]`,
   * `etcd://host:port[,host:port]/key` (or `discov://`), `direct:///host:port[,host:port]`; or one in this process,
   * which stays yours to close. Nothing is connected until it is used.
   * @throws LockstepError `invalid_argument`
   */
  constructor(coordinator: string | Coordinator$1, options?: LockstepOptions);
  /**
   * A client of a gRPC service, from its generated descriptor: `lockstep.service(User, "etcd://localhost:2379/user.rpc")`.
   * Its methods are called directly, and named in the steps of sagas; the coordinator must understand `target` too.
   * @throws LockstepError `invalid_argument` when `target` is none
   */
  service<S extends DescService>(service: S, target: string): ServiceClient<S>;
  /** A new, empty saga. @throws LockstepError `invalid_argument` */
  saga(options?: SagaOptions): Saga;
  /** A gid that nobody else has, for when it is needed before the transaction is built. */
  newGid(options?: CallOptions$1): Promise<string>;
  /**
   * A transaction and its branches as stored, or undefined.
   * @throws LockstepError `unsupported` over gRPC, which has no query
   */
  query(gid: string, options?: CallOptions$1): Promise<TransactionView$1 | undefined>;
  /** Ends the calls in flight, as `unavailable`, and closes the connections and what else was opened here. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface LockstepOptions {
  /** Finds services and coordinators. Default: one of its own, closed by `close`. */
  readonly directory?: Directory$1;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** What this file needs of grpc-js `Metadata`. */
interface MetadataLike {
  get(key: string): readonly (string | Uint8Array)[];
  getMap(): Readonly<Record<string, unknown>>;
}

/** What the barrier needs of a connection of mysql2/promise. */
interface MysqlConnection {
  beginTransaction(): Promise<unknown>;
  commit(): Promise<unknown>;
  rollback(): Promise<unknown>;
  query(sql: string): Promise<readonly [unknown, ...unknown[]]>;
  /** Tells a pool, which mysql2's types call a connection too. */
  readonly getConnection?: never;
}

/** What the barrier needs of a pool of mysql2/promise. */
interface MysqlPool<C> {
  getConnection(): Promise<C>;
}

interface MysqlPoolConnection extends MysqlConnection {
  release(): void;
  destroy(): void;
}

/**
 * Thrown in a branch: not finished yet, ask again at the transaction's retry interval (ONGOING on the wire:
 * HTTP 425, gRPC FAILED_PRECONDITION). The barrier's transaction is rolled back, so that the next call runs.
 */
declare class Ongoing extends Error {
  readonly name = "Ongoing";
}

/** A parsed query as web frameworks give it; of a repeated parameter the last value counts. */
type ParsedQuery = Readonly<Record<string, unknown>>;

/** What the barrier needs of pg's `Client` and `PoolClient`. */
interface PgClient {
  query(text: string, values?: string[]): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  /** `I` without a transaction, `T` in one, `E` in one that has failed. Older versions of pg do not tell. */
  getTransactionStatus?(): string | null;
  /** False while an answer is awaited. pg's own, which its types do not mention. */
  readonly readyForQuery?: boolean;
  /** Tells a pool, which looks like a client otherwise. */
  readonly totalCount?: never;
}

/** What the barrier needs of pg's `Pool`. Both overloads are there so that TypeScript finds `C` in the first. */
interface PgPool<C> {
  readonly totalCount: number;
  connect(): Promise<C>;
  connect(callback: (...values: any[]) => void): void;
}

interface PgPoolClient extends PgClient {
  release(broken?: Error | boolean): void;
}

/**
 * A saga: its actions run one after the other, and when one fails for good, the compensations of all that may have
 * run, in reverse order. Add steps, then `submit` once.
 */
declare class Saga {
  #private;
  /** @throws LockstepError `invalid_argument` for an option out of range */
  constructor(coordinator: Coordinator$1, options?: SagaOptions, clock?: Clock);
  /**
   * The gid: the one that was given or, from the first `submit` on, the one that the coordinator has made. As long
   * as it is undefined nothing was submitted; after a `submit` that was aborted, it is what to ask `query` for.
   */
  get gid(): string | undefined;
  /**
   * Adds a step and returns the saga. The request is encoded now: changing it later changes nothing.
   * @throws LockstepError `invalid_argument`
   */
  step<I extends DescMessage>(step: GrpcStep<I>): this;
  step(step: HttpStep): this;
  /** Runs the actions at the same time, as far as `order` allows, and returns the saga. */
  concurrent(): this;
  /**
   * In a concurrent saga: step `index` starts after the steps `after` have succeeded. Both count from 0.
   * Returns the saga.
   */
  order(index: number, after: readonly number[]): this;
  /**
   * Hands the saga to the coordinator: when this resolves it is stored, and with `wait` it has succeeded. Calling
   * it again is safe: the gid stays the same, so it is the same transaction.
   *
   * @throws TransactionFailedError when it is rolled back; `reason` says why
   * @throws TransactionOngoingError when it was still running at the end of the wait
   * @throws LockstepError `invalid_argument`, `unavailable`, … when it was not accepted
   */
  submit(options?: SagaSubmitOptions): Promise<{
    readonly gid: string;
  }>;
}

/** How a saga is run. Times are whole seconds, as on the wire. */
interface SagaOptions {
  /**
   * The global transaction's id: 1 to 128 characters, unique in the coordinator. Give one that follows from the
   * request (an order number, say) and a repeated request cannot start the work twice. Default: the coordinator makes one.
   */
  readonly gid?: string;
  /** A saga that has not succeeded by then is rolled back. Default: it is retried until it succeeds. */
  readonly timeoutToFailS?: number;
  /** How long one branch call may take. Default: the coordinator's, 3 seconds. */
  readonly requestTimeoutS?: number;
  /** The pause before a branch is asked again; doubled after each unknown outcome. Default: the coordinator's. */
  readonly retryIntervalS?: number;
  /** After so many retries of an action the saga is rolled back. Default: no limit. */
  readonly retryLimit?: number;
  /** Sent with every branch call, as HTTP headers or gRPC metadata. */
  readonly branchHeaders?: Readonly<Record<string, string>>;
}

interface SagaSubmitOptions extends CallOptions$1 {
  /**
   * Whether to wait for the result: `true` as long as the coordinator allows, `{ ms }` at most so long, and a second
   * more where no answer comes at all. Default: return as soon as the saga is stored.
   */
  readonly wait?: boolean | {
    readonly ms: number;
  };
}

/** How one direct call of a service is made. */
interface ServiceCallOptions {
  readonly signal?: AbortSignal;
  /** How long the call may take, tries at other addresses included; the service hears of it as the deadline. Default: 10,000; a day at most. */
  readonly timeoutMs?: number;
  /** Sent along; keys are lower case, values printable ASCII. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The unary methods of a service, by their names in the generated code. */
type ServiceClient<S extends DescService> = { readonly [K in keyof S["method"] as S["method"][K] extends {
  readonly methodKind: "unary";
} ? K : never]: BranchMethod<S["method"][K]["input"], S["method"][K]["output"]> };

/** What the barrier needs of node:sqlite's `DatabaseSync`. */
interface SqliteDatabase {
  exec(sql: string): unknown;
  /** Undefined before Node 22.16. */
  readonly isTransaction?: boolean;
  prepare(sql: string): {
    all(...values: string[]): readonly unknown[];
  };
}

/**
 * It was decided to roll the global transaction back. Compensations may still be running: `query` tells.
 *
 * `reason` is the coordinator's text. Where a branch refused it names the branch's URL and quotes its answer.
 */
declare class TransactionFailedError extends LockstepError$1 {
  readonly name = "TransactionFailedError";
  readonly gid: string;
  readonly reason: string;
  constructor(gid: string, reason: string, options?: {
    readonly status?: string;
    readonly cause?: unknown;
  });
}

/** The global transaction was accepted and had no result when the wait ended. It goes on: `query` tells. */
declare class TransactionOngoingError extends LockstepError$1 {
  readonly name = "TransactionOngoingError";
  readonly gid: string;
  constructor(gid: string, options?: {
    readonly status?: string;
    readonly cause?: unknown;
  });
}
