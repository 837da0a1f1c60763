// The public surface of "lockstep". `npm run build` makes this file anew; commit it.
// A name or a member that goes or changes here breaks somebody's code.

import { Addresses, AnnounceOptions, Announcement, Directory, Directory as Directory$1, DirectoryOptions, DiscoveryLog, EtcdAccount, MonotonicMs, Rng, announce } from "@lockstep/discovery";
import { BranchView, CODES, CallOptions, CallOptions as CallOptions$1, Code, Coordinator, Coordinator as Coordinator$1, LastAttempt, LastAttempt as LastAttempt$1, LockstepError, LockstepError as LockstepError$1, LockstepErrorOptions, LockstepErrorOptions as LockstepErrorOptions$1, Refusal, Refusal as Refusal$1, RequestOptions, RequestStep, SubmitOptions, SubmitOptions as SubmitOptions$1, TransactionRequest, TransactionRequest as TransactionRequest$1, TransactionView, TransactionView as TransactionView$1 } from "@lockstep/protocol";
import { DescMessage, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Metadata, ServerUnaryCall, ServiceDefinition, UntypedServiceImplementation, status } from "@grpc/grpc-js";

export {
  Addresses,
  announce,
  Announcement,
  AnnounceOptions,
  Barrier,
  BARRIER_COLUMNS,
  BarrierAdapter,
  BarrierCallOptions,
  BarrierClient,
  BarrierConnection,
  BarrierDatabase,
  BarrierDialect,
  BarrierEntry,
  BarrierOptions,
  BarrierRow,
  barrierRowsOf,
  barrierTable,
  barrierValuesOf,
  BranchAnswerBody,
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
  connectRefusals,
  Coordinator,
  createBarrierTable,
  dataRefusalOf,
  Directory,
  DirectoryOptions,
  DiscoveryLog,
  DuplicatedError,
  EtcdAccount,
  Failure,
  FailureOptions,
  GrpcBranchStatus,
  GrpcCoordinator,
  GrpcCoordinatorOptions,
  GrpcHandler,
  GrpcHandlers,
  grpcHandlers,
  GrpcHandlersOptions,
  grpcServiceOf,
  grpcStatusOf,
  GrpcStep,
  httpAnswerOf,
  HttpBranchAnswer,
  HttpCoordinator,
  HttpCoordinatorOptions,
  HttpStep,
  insertedOfCount,
  insertedOfOps,
  InsertedRows,
  LastAttempt,
  Lockstep,
  LockstepError,
  LockstepErrorOptions,
  LockstepOptions,
  MetadataLike,
  MonotonicMs,
  MysqlConnection,
  MysqlPool,
  MysqlPoolConnection,
  Ongoing,
  OpenTransaction,
  ParsedQuery,
  PgClient,
  PgPool,
  PgPoolClient,
  Refusal,
  RequestOptions,
  RequestStep,
  Rng,
  Saga,
  SagaOptions,
  SagaSubmitOptions,
  ServiceCallOptions,
  ServiceClient,
  SqliteDatabase,
  SubmitOptions,
  TransactionFailedError,
  TransactionOngoingError,
  TransactionOptions,
  TransactionRequest,
  TransactionSubmitOptions,
  TransactionView,
};

/**
 * Makes one op of one branch take effect at most once, whatever is lost, repeated or late: a duplicate does nothing,
 * a compensation whose action never ran does nothing (null compensation), and an action that comes after its
 * compensation does nothing (dangling action). In all three cases the branch answers success.
 *
 * The barrier writes rows into a table of the business's own database, in the business's own transaction. Make a new
 * barrier for each branch call. A branch that uses several databases, or one database several times, calls the
 * barrier once for each, in the same order every time.
 */
declare class Barrier {
  #private;
  /** Which op of which branch the barrier is for. */
  readonly context: BranchContext;
  /**
   * The barrier for the branch call that `context` names.
   * @throws LockstepError `invalid_argument` for a context with an empty part, and for a table name that needs quoting
   */
  constructor(context: BranchContext, options?: BarrierOptions);
  /**
   * The barrier of the branch call that `source` is about: a `BranchContext`; a request of Fastify, Express, Nest, Koa,
   * Hono, node:http or fetch; a URL or a parsed query; a grpc-js call or its metadata; a Connect handler context.
   * @throws LockstepError `invalid_argument` (`invalid trans info: …`) when a coordinator did not make the call
   */
  static from(source: object | string, options?: BarrierOptions): Barrier;
  /**
   * Runs `business` in a transaction of its own, if this op is to take effect. After the commit it resolves to what
   * `business` returned, or to undefined when there was nothing to do.
   *
   * Whatever `business` throws rolls everything back, the barrier's rows too, and is thrown on. Throw `Failure` to
   * refuse for good. Let the database's errors pass: then the coordinator asks again. Where the database refuses the data
   * itself, which no repeat can change, an action throws a `Failure` with the database's error as its cause.
   *
   * `business` must not end the transaction, by `commit` or `rollback` or, in MySQL, by a statement that commits. It is
   * refused, and the call rejects. What is sent on `tx` after `business` has ended is refused too.
   *
   * A pool lends a connection for the time of the call. On a single connection, and so on a SQLite database, calls
   * wait for each other. Send no other statements on it during a call: they would be part of the call's transaction.
   * @throws DuplicatedError
   * @throws LockstepError `invalid_argument` when a transaction is open on the connection already, for a call within a
   * call on the same pool or connection, and when `business` ends the transaction
   */
  call<C extends PgPoolClient, T>(pool: PgPool<C>, business: (tx: C) => Promise<T>, options?: BarrierCallOptions): Promise<T | undefined>;
  /** The same on a pool of mysql2/promise. */
  call<C extends MysqlPoolConnection, T>(pool: MysqlPool<C>, business: (tx: C) => Promise<T>, options?: BarrierCallOptions): Promise<T | undefined>;
  /** The same on a single connection of pg or mysql2/promise, or on a database of node:sqlite. */
  call<C extends BarrierClient, T>(connection: C, business: (tx: C) => Promise<T> | T, options?: BarrierCallOptions): Promise<T | undefined>;
  /** The same on a database of any other library, which the caller has adapted. */
  call<Tx extends object, T>(database: BarrierDatabase<Tx>, business: (tx: Tx) => Promise<T> | T, options?: BarrierCallOptions): Promise<T | undefined>;
  /**
   * Runs `business` within a transaction that is open on `connection`, if this op is to take effect. When this
   * resolves, the caller commits, also where there was nothing to do, because the barrier's rows must stay. When this
   * rejects, the caller rolls back. `OpenTransaction` is for a library that the SDK does not know.
   * @throws DuplicatedError
   * @throws LockstepError `invalid_argument` when no transaction is open
   */
  callInTransaction<T>(connection: BarrierClient | OpenTransaction, business: () => Promise<T> | T): Promise<T | undefined>;
}

/** The columns of the barrier's table, for an insert, in the order of `barrierValuesOf`. */
declare const BARRIER_COLUMNS = "trans_type, gid, branch_id, op, barrier_id, reason";

/** How the barrier knows and uses what one database library gives: one row of `ADAPTERS`. */
interface BarrierAdapter<Db extends object, Tx extends object> {
  /** Whether `value` is of this kind. It looks at the shape only, as two copies of a library have two classes. */
  knows(value: object): value is Db;
  /** Whose SQL the database speaks. Default: the SDK does not know. */
  readonly dialect?: "mysql" | "postgres" | "sqlite";
  /** The database behind `db`, for `barrier.call`. Default: none, as when `db` is no more than an open transaction. */
  database?(db: Db): BarrierDatabase<Tx>;
  /** The transaction open on `db`, for `barrier.callInTransaction`. Default: none, as with a pool. */
  openTransaction?(db: Db): OpenTransaction;
}

/** How one `Barrier.call` is made. */
interface BarrierCallOptions {
  /**
   * Ends the call before its commit; the call then rejects with the signal's reason. While the call waits for a
   * connection of the pool, or for its turn, it ends at once. Later it ends when `business` is done, and rolls back.
   */
  readonly signal?: AbortSignal;
}

/** A single connection of a library that the SDK knows. */
type BarrierClient = MysqlConnection | PgClient | SqliteDatabase;

/** A connection for one call of `barrier.call`. The barrier calls its methods one after the other. */
interface BarrierConnection<Tx extends object> {
  /** What the business gets, to run its statements on. */
  readonly tx: Tx;
  /** Begins a transaction and inserts the rows of `entry` into `table`. Answers which of them were new (T2, T3). */
  begin(table: string, entry: BarrierEntry): Promise<InsertedRows>;
  /** Rejects when the transaction of `begin` is no longer there to be committed (T4); called after the business. */
  checkOpen(): Promise<void>;
  /** Commits. Rejects when the transaction was not committed, or nobody knows whether it was (T4). */
  commit(): Promise<void>;
  /** Rolls back; also called when `begin` has failed, so it must do no harm where no transaction is open. */
  rollback(): Promise<void>;
  /**
   * The names of the other tables that have a barrier's columns. Asked once, when an undo has found no row in `table`, for
   * a warning. Default: nobody is warned.
   */
  otherTables?(table: string): Promise<readonly string[]>;
  /** Gives the connection back. One that is `broken` may still be in the transaction: nobody may use it again. */
  release(state: "usable" | "broken"): void;
}

/** A database as `barrier.call` uses it: it lends connections, and each call runs in a transaction on one of them. */
interface BarrierDatabase<Tx extends object> {
  /** The barrier's table, unless `BarrierOptions.table` names another: `table` or `schema.table`. */
  readonly tableDefault: string;
  /**
   * The connection that all calls share, where there is only one. The barrier then lets one call at a time use it, and
   * no call after one whose rollback failed. It is the object by which a connection is known again: give the same one
   * every time. Default: `connect` answers a connection that nobody else uses, as a pool does.
   */
  readonly onlyConnection?: object;
  /**
   * Answers a connection that nobody else uses until its `release`.
   * @throws LockstepError `invalid_argument` when a transaction is open on it; that transaction must live on
   */
  connect(): Promise<BarrierConnection<Tx>>;
  /**
   * How the database names `error`, if it is an error of data that no repeat can change: a text too long, a constraint. Then
   * an action throws a `Failure` in its place, with the name and with `error` as its cause. Default: there are none.
   */
  refusalOf?(error: unknown): string | undefined;
}

/** Whose SQL the statements of `barrierTable` are in; `mysql` is MariaDB's too. */
type BarrierDialect = "mysql" | "postgres" | "sqlite";

/** The rows that one barrier call inserts. */
interface BarrierEntry {
  /** The row of the op that this op undoes; undefined where it undoes none. */
  readonly origin: BarrierRow | undefined;
  /** The row of this op. */
  readonly current: BarrierRow;
}

/** How a barrier works. */
interface BarrierOptions {
  /** The barrier's table. Default: `dtm_barrier.barrier` in MySQL and PostgreSQL, `barrier` in SQLite. */
  readonly table?: string;
  /**
   * Is told when an undo finds no row in the barrier's table while there are other tables like it: the action may have
   * written its row there. Once for each pool or connection. Default: a warning of the process.
   */
  readonly warn?: (message: string) => void;
}

/** One row of the barrier's table. Its key is `gid`, `branchId`, `op` and `barrierId`. */
interface BarrierRow {
  /** The mode of the global transaction: `saga`, `tcc`, `msg`, … */
  readonly transType: string;
  /** The global transaction. */
  readonly gid: string;
  /** The branch. */
  readonly branchId: string;
  /** The op that the row stands for. */
  readonly op: string;
  /** Which barrier call of the branch call it is: `01`, `02`, … */
  readonly barrierId: string;
  /** The op that wrote the row: an undoing op also writes the row of its origin. */
  readonly reason: string;
}

/** The rows in the order in which they must be inserted: it is the same in all calls, so that two calls cannot deadlock. */
declare function barrierRowsOf({
  origin,
  current
}: BarrierEntry): readonly BarrierRow[];

/**
 * The statements that create the barrier's table where it does not exist. Run them one by one. Services may run them at
 * every start, several services at once too.
 *
 * The table is dtm's, so that its clients and Lockstep's can share one. Each database that takes part needs a table of
 * its own, which the transaction of the business can reach. Delete rows only when they are older than any global
 * transaction may become; `create_time`, which is indexed, tells their age.
 * @throws LockstepError `invalid_argument` for a name that would need quoting
 */
declare function barrierTable(dialect: BarrierDialect, name?: string): readonly string[];

/** The values of one row, in the order of `BARRIER_COLUMNS`. */
declare function barrierValuesOf(row: BarrierRow): readonly string[];

/** The body of an answer to a coordinator; a body over HTTP is this as JSON. */
interface BranchAnswerBody {
  /** What went wrong, in a sentence. */
  readonly error: string;
  /** The code of a `Failure`, where it has one. */
  readonly code?: string;
  /** The data of a `Failure`, where it has some. */
  readonly data?: unknown;
}

/** Which op of which branch a call is about. The coordinator sends it with every branch call. */
interface BranchContext {
  /** The global transaction. */
  readonly gid: string;
  /** The mode: `saga`, `tcc`, `msg`, `xa` or `workflow`. */
  readonly transType: string;
  /** The branch: `01`, `02`, … in the order of the steps. */
  readonly branchId: string;
  /** The op: `action`, `compensate`, `try`, `confirm`, `cancel`, … */
  readonly op: string;
}

/**
 * The branch context of whatever a handler has at hand. `source` is recognised by its shape: a `BranchContext`; a request
 * of Fastify, Express, Nest, Koa or node:http; a Hono context; a fetch `Request`; a URL or a parsed query; a grpc-js call
 * or its metadata; a Connect handler context.
 * @throws LockstepError `invalid_argument` when a part is missing: the call did not come from a coordinator
 */
declare function branchContextOf(source: object | string): BranchContext;

/**
 * The branch context in the metadata of a gRPC branch call.
 * @throws LockstepError `invalid_argument` when a part is missing: the call did not come from a coordinator
 */
declare function branchContextOfMetadata(metadata: MetadataLike): BranchContext;

/**
 * The branch context in the query of an HTTP branch call. `query` is a URL (a path with a query will do), its search
 * parameters, or the query as a framework has parsed it.
 * @throws LockstepError `invalid_argument` when a part is missing: the call did not come from a coordinator
 */
declare function branchContextOfQuery(query: string | URL | URLSearchParams | ParsedQuery): BranchContext;

/**
 * A unary method of a gRPC service: call it, or name it as an op in a step of a saga.
 *
 * Calls go to the target's addresses in turn. A call is tried at another address when it cannot have arrived. Where the
 * .proto declares an `idempotency_level` for the method, it is also tried again when the connection broke on the way.
 *
 * A call rejects with
 * - grpc-js' own `ServiceError` (`code`, `details`, `metadata`), because a caller decides by its code;
 * - a `LockstepError` `unavailable` when the target has no address or its `Lockstep` is closed, and `invalid_argument`
 *   when the request cannot be encoded;
 * - the reason of the signal when that aborts.
 *
 * A branch that throws a `ServiceError` on has an unknown outcome. Whether the refusal of *another* service is a
 * `Failure` of this branch, the branch itself must say.
 */
interface BranchMethod<I extends DescMessage, O extends DescMessage> {
  /** Calls the method and resolves to its reply. */
  (request: MessageInitShape<I>, options?: ServiceCallOptions): Promise<MessageShape<O>>;
  /** The URL by which a coordinator calls the method: `<target>/<package.Service>/<method>`. */
  readonly url: string;
  /** The descriptor of the request. */
  readonly input: I;
  /** The descriptor of the reply. */
  readonly output: O;
}

/** The clock of the SDK: what it needs to know of the time. A test gives a clock of its own. */
interface Clock {
  /** The time now, in milliseconds since 1970 UTC. */
  now(): number;
  /** Resolves after `ms` milliseconds. When `signal` aborts first, rejects with its reason. */
  pause(ms: number, options: {
    readonly signal: AbortSignal | undefined;
  }): Promise<void>;
  /** Calls `expired` after `ms` milliseconds, unless the function that it answers is called before. */
  after(ms: number, expired: () => void): () => void;
}

/**
 * An interceptor for a server of Connect: `connectNodeAdapter({ routes, interceptors: [connectRefusals] })`. Connect
 * answers INTERNAL to all that is no `ConnectError`, after which a coordinator asks again. With this, a `Failure` goes
 * out as ABORTED with its code and its data, and `Ongoing` as FAILED_PRECONDITION. All other errors stay as they are.
 */
declare function connectRefusals<Request, Answer>(next: (request: Request) => Promise<Answer>): (request: Request) => Promise<Answer>;

/**
 * Creates the barrier's table where it does not exist, by the statements of `barrierTable`. Services may call this at every
 * start, several services at once too. Where the table is there already, the account needs no right to create it.
 * @throws LockstepError `invalid_argument` for a database that the SDK does not know, for a name that would need quoting,
 * and when the table is not there and the database did not let this account create it
 */
declare function createBarrierTable(db: PgPool<PgPoolClient> | MysqlPool<MysqlPoolConnection> | BarrierClient, table?: string): Promise<void>;

/**
 * How the database names `error`, if it is an error of mysql2, pg, node:sqlite or better-sqlite3 by which it refuses the
 * data itself, as `MySQL 1406 ER_DATA_TOO_LONG`; undefined for every other error. The barrier makes a `Failure` of such an
 * error by itself; this is for a branch whose `Failure` has a text of its own.
 */
declare function dataRefusalOf(error: unknown): string | undefined;

/**
 * The message's own part has run already, or the check-back has found that it never will; nothing was done now.
 * Thrown for op `msg` only: every other op answers success when it comes twice.
 */
declare class DuplicatedError extends LockstepError$1 {
  /** The name of the class. */
  readonly name = "DuplicatedError";
  /** Makes the error about the message `gid`. */
  constructor(gid: string);
}

/**
 * Thrown in a branch: the business refuses, for good (FAILURE on the wire: HTTP 409, gRPC ABORTED).
 *
 * The barrier rolls its transaction back and, where the mode allows it, the coordinator rolls the whole global
 * transaction back. Throw it only for what asking again cannot change: a taken name, no money. A lock wait or a
 * lost connection is not a failure: let such an error pass as it is, and the coordinator asks the branch again.
 *
 * The caller gets the sentence, the code and the data as `TransactionFailedError.refusal`.
 *
 * Where nothing of ours catches it, Fastify, Express, Koa, Nest and Hono answer it with 409 by its members.
 */
declare class Failure<C extends string = string, D = unknown> extends Error {
  /** The name of the class. */
  readonly name = "Failure";
  /** The code that was given. Without one it is gRPC's number for ABORTED, which grpc-js looks for here. */
  readonly code: C | 10;
  /** The data that was given; undefined where none was. */
  readonly data: D | undefined;
  /** The HTTP status, for frameworks. */
  readonly status: 409;
  /** The same, for frameworks that look for it under this name. */
  readonly statusCode: 409;
  /** Whether a framework may show the message. */
  readonly expose: true;
  /** The whole answer, for Hono. */
  readonly getResponse: () => Response;
  /** Makes a refusal. `message` is a sentence for people. */
  constructor(message?: string, options?: FailureOptions<C, D>);
}

/** What a `Failure` tells beside its sentence. */
interface FailureOptions<C extends string = string, D = unknown> {
  /**
   * The branch's own word for why it refuses, for the program that submitted the transaction: `no_stock`. It has at most
   * 100 characters, and is no number. Default: none.
   */
  readonly code?: C;
  /** What that program needs to know beside the code: any JSON value, of at most 2,048 bytes with the code. Default: none. */
  readonly data?: D;
  /** The error that led to this one. It is for logs, and is never sent. Default: none. */
  readonly cause?: unknown;
}

/** The gRPC status with which a handler answers what its branch has thrown. */
interface GrpcBranchStatus {
  /** The number of the status. */
  readonly code: status;
  /** The text of the status. */
  readonly details: string;
  /** The trailers: the code and the data of a `Failure`. */
  readonly metadata: Metadata;
}

/**
 * The client of the coordinators at a gRPC target, Lockstep's or dtm's. The target is `host:port`, a list of these, or a
 * service in etcd. The coordinators are called in turn. When one cannot be reached, or gives no answer, the next one is
 * called, because every call of a coordinator may be repeated.
 */
declare class GrpcCoordinator implements Coordinator$1 {
  #private;
  /** Makes a client of the coordinators at `target`. @throws LockstepError `invalid_argument` for a target of no known form */
  constructor(target: string, options?: GrpcCoordinatorOptions);
  /** A gid that no other transaction of this coordinator has. @throws LockstepError */
  newGid(options?: CallOptions$1): Promise<string>;
  /** Stores a transaction without running it. @throws LockstepError */
  prepare(request: TransactionRequest$1, options?: CallOptions$1): Promise<void>;
  /**
   * Stores a transaction and runs it; with `request.options.waitResult` it waits for the result. A repeat is answered as
   * the first submit was.
   * @throws LockstepError `failed`, `ongoing`, or why it was not accepted
   */
  submit(request: TransactionRequest$1, options?: SubmitOptions$1): Promise<void>;
  /** Rolls a transaction back, where its mode lets the caller decide that. @throws LockstepError */
  abort(request: TransactionRequest$1, options?: CallOptions$1): Promise<void>;
  /** Always refuses, as the gRPC protocol has no query. @throws LockstepError `unsupported` */
  query(gid: string): Promise<TransactionView$1 | undefined>;
  /** Ends the calls in flight with `unavailable`, and closes the connections. */
  close(): Promise<void>;
}

/** How a `GrpcCoordinator` works. */
interface GrpcCoordinatorOptions {
  /** Finds the coordinators of the target. Whoever gives one closes it. Default: a new one, which `close` closes. */
  readonly directory?: Directory$1;
  /** Tells the time; for tests. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/**
 * The handler of a method: it answers with a reply, or throws. `call` has the metadata for `Barrier.from(call)`.
 *
 * A `Failure` goes out as ABORTED with its code and its data, and `Ongoing` as FAILED_PRECONDITION. An error with a numeric gRPC `code` and `details`
 * goes out as it is. Only when it has one of those two codes it goes out as UNKNOWN: the coordinator would take the code
 * for a decision of this branch, and the error may be that of another service, merely thrown on. Everything else goes out
 * as UNKNOWN without its text, which may quote data or SQL, and the coordinator asks again. A text that is too long for a
 * status is cut.
 */
type GrpcHandler<I extends DescMessage, O extends DescMessage> = (request: MessageShape<I>, call: ServerUnaryCall<MessageShape<I>, MessageShape<O>>) => MessageInitShape<O> | Promise<MessageInitShape<O>>;

/** The handlers of a service, by the name of the method. A method without a handler answers UNIMPLEMENTED. */
type GrpcHandlers<S extends DescService> = { readonly [K in keyof S["method"] as S["method"][K] extends {
  readonly methodKind: "unary";
} ? K : never]?: GrpcHandler<S["method"][K]["input"], S["method"][K]["output"]> };

/** The implementation for grpc-js of a service: `server.addService(grpcServiceOf(User), grpcHandlers(User, { … }))`. */
declare function grpcHandlers<S extends DescService>(service: S, handlers: GrpcHandlers<S>, options?: GrpcHandlersOptions): UntypedServiceImplementation;

/** How `grpcHandlers` works. */
interface GrpcHandlersOptions {
  /**
   * Is told of every error whose text is kept from the caller, after the call is answered. Log the error here. What this
   * function throws is dropped. Default: nobody is told, so give one.
   */
  readonly onError?: (error: unknown, about: {
    readonly method: string;
  }) => unknown;
}

/** The definition for grpc-js of a service that protobuf-es has generated: `server.addService(grpcServiceOf(User), …)`. */
declare function grpcServiceOf(service: DescService): ServiceDefinition;

/**
 * The gRPC status by which a coordinator understands what a branch has thrown, for a handler of grpc-js that
 * `grpcHandlers` did not make: `callback(grpcStatusOf(error))`. ABORTED for a `Failure`, FAILED_PRECONDITION for
 * `Ongoing`, an error's own numeric gRPC `code` where it is none of these two, and else UNKNOWN without the text, which
 * may quote data or SQL: log the error itself where you call this.
 */
declare function grpcStatusOf(error: unknown): GrpcBranchStatus;

/** A step whose ops are methods of a gRPC service. Both ops take the same request, which the coordinator stores. */
interface GrpcStep<I extends DescMessage> {
  /** What the step does: a method of `lockstep.service()`. */
  readonly action: BranchMethod<I, DescMessage>;
  /** Undoes the action. Default: there is nothing to undo. */
  readonly compensate?: BranchMethod<I, DescMessage>;
  /** Sent to either op. */
  readonly request: MessageInitShape<I>;
}

/**
 * The HTTP answer by which a coordinator understands what a branch has thrown: 409 for a `Failure` with its code
 * and its data, 425 for `Ongoing`, 400 for a call without branch context, and 500 for everything else, after which the coordinator asks again. The answer does
 * not have the text of an unexpected error, which may quote data or SQL: log the error itself where you call this.
 */
declare function httpAnswerOf(error: unknown): HttpBranchAnswer;

/** What an HTTP handler answers when its branch has thrown. */
interface HttpBranchAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The body, to be sent as JSON. */
  readonly body: BranchAnswerBody;
}

/** The client of a coordinator over HTTP, Lockstep's or dtm's. It keeps its connections and uses them again. */
declare class HttpCoordinator implements Coordinator$1 {
  #private;
  /**
   * Makes a client of the coordinator at `url`: `http(s)://host:port`, with a path where the API is not at
   * `/api/dtmsvr`.
   * @throws LockstepError `invalid_argument` for a URL of another form, and for one with an account
   */
  constructor(url: string, options?: HttpCoordinatorOptions);
  /** A gid that no other transaction of this coordinator has. @throws LockstepError */
  newGid(options?: CallOptions$1): Promise<string>;
  /** Stores a transaction without running it. @throws LockstepError */
  prepare(request: TransactionRequest$1, options?: CallOptions$1): Promise<void>;
  /**
   * Stores a transaction and runs it; with `request.options.waitResult` it waits for the result. A repeat is answered as
   * the first submit was.
   * @throws LockstepError `failed`, `ongoing`, or why it was not accepted
   */
  submit(request: TransactionRequest$1, options?: SubmitOptions$1): Promise<void>;
  /** Rolls a transaction back, where its mode lets the caller decide that. @throws LockstepError */
  abort(request: TransactionRequest$1, options?: CallOptions$1): Promise<void>;
  /** A transaction and its branches as stored; undefined when the coordinator knows no such gid. @throws LockstepError */
  query(gid: string, options?: CallOptions$1): Promise<TransactionView$1 | undefined>;
  /** Ends the calls in flight with `unavailable`, and closes the connections. Idempotent. */
  close(): Promise<void>;
}

/** How an `HttpCoordinator` works. */
interface HttpCoordinatorOptions {
  /** Tells the time; for tests. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/**
 * A step whose ops are HTTP URLs, called with POST. The coordinator adds `gid`, `trans_type`, `branch_id` and `op` to
 * the query of each URL. So the URLs must not have these parameters, nor `branch_type`, already.
 */
interface HttpStep {
  /** What the step does: an `http(s)://` URL. */
  readonly action: string;
  /** Undoes the action: an `http(s)://` URL. Default: there is nothing to undo. */
  readonly compensate?: string;
  /** Sent to either op, as JSON. Default: `{}`, because many frameworks refuse a body that is no object or array. */
  readonly body?: unknown;
}

/**
 * Which rows were new, where a database tells only how many were.
 *
 * Of two rows, both or none is clear. When one was new, it can only be the current row. Otherwise the row of an undoing
 * op would have been there without its origin's row. But a call that writes the first has written the second in the same
 * transaction, or found it there, and rows are never changed.
 *
 * That holds as long as old rows are deleted by whole gids, or only when they are older than any transaction may become.
 * The barrier needs that anyway: an undoing op that finds its origin's row deleted takes it that there is nothing to undo.
 */
declare function insertedOfCount(entry: BarrierEntry, insertedCount: number): InsertedRows;

/** Which rows were new, where a database tells the `op` of each row that it has inserted (`returning op`). */
declare function insertedOfOps(entry: BarrierEntry, ops: readonly unknown[]): InsertedRows;

/** Which rows of an entry were new: the insert of each of the others found its key there. */
interface InsertedRows {
  /** Whether the origin's row was new; false where there is none. */
  readonly origin: boolean;
  /** Whether the row of this op was new. */
  readonly current: boolean;
  /**
   * Whether a row that was there has the reason `ENDED_WITHIN`. The barrier then rejects, and a person must help. Default:
   * no.
   */
  readonly endedWithin?: boolean;
}

/**
 * The way into Lockstep: the client of a coordinator and of the services that take part. Make one for each process; it
 * keeps its connections until `close`.
 */
declare class Lockstep implements AsyncDisposable {
  #private;
  /** The client of the coordinator, for what the modes do not offer. */
  readonly coordinator: Coordinator$1;
  /**
   * Makes a client of `coordinator`: an address, or a coordinator in this process. The address is
   * `http(s)://host:port[/path]`, `grpc://host:port[,host:port]`, `etcd://host:port[,host:port]/key` (or `discov://`), or
   * `direct:///host:port[,host:port]`; it is connected at the first call. A coordinator in this process is not closed by
   * `close`.
   * @throws LockstepError `invalid_argument` for an address of another form
   */
  constructor(coordinator: string | Coordinator$1, options?: LockstepOptions);
  /**
   * A client of a gRPC service, made of its generated descriptor:
   * `lockstep.service(User, "etcd://localhost:2379/user.rpc")`. Call its methods, or name them in the steps of sagas: then
   * the coordinator must understand `target` too.
   * @throws LockstepError `invalid_argument` when `target` has no known form
   */
  service<S extends DescService>(service: S, target: string): ServiceClient<S>;
  /** A new, empty saga. @throws LockstepError `invalid_argument` for an option out of range */
  saga(options?: SagaOptions): Saga;
  /** A gid that no other transaction has, for a caller who needs it before the submit. @throws LockstepError */
  newGid(options?: CallOptions$1): Promise<string>;
  /**
   * A transaction and its branches as stored; undefined when the coordinator knows no such gid.
   * @throws LockstepError `unsupported` over gRPC, which has no query
   */
  query(gid: string, options?: CallOptions$1): Promise<TransactionView$1 | undefined>;
  /** Ends the calls in flight with `unavailable`, and closes all that this client has opened. Idempotent. */
  close(): Promise<void>;
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a `Lockstep` works. */
interface LockstepOptions {
  /** Finds services and coordinators. Whoever gives one closes it. Default: a new one, which `close` closes. */
  readonly directory?: Directory$1;
  /** Tells the time; for tests. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** The metadata of a gRPC call: grpc-js' `Metadata` is such. */
interface MetadataLike {
  /** All values of `key`. */
  get(key: string): readonly (string | Uint8Array)[];
  /** The first value of each key; by this method metadata is recognised. */
  getMap(): Readonly<Record<string, unknown>>;
}

/** A connection to MySQL or MariaDB as the barrier needs it: a connection of mysql2/promise is one. */
interface MysqlConnection {
  /** Begins a transaction. */
  beginTransaction(): Promise<unknown>;
  /** Commits the open transaction. */
  commit(): Promise<unknown>;
  /** Rolls the open transaction back. */
  rollback(): Promise<unknown>;
  /** Sends a statement; the first element of the answer is its result. */
  query(sql: string): Promise<readonly [unknown, ...unknown[]]>;
  /** Never there: only a pool, which mysql2's types call a connection too, has this member. */
  readonly getConnection?: never;
}

/** A pool of connections to MySQL or MariaDB as the barrier needs it: a pool of mysql2/promise. */
interface MysqlPool<C> {
  /** Lends a connection. */
  getConnection(): Promise<C>;
}

/** A connection that a pool of mysql2/promise has lent. */
interface MysqlPoolConnection extends MysqlConnection {
  /** Gives the connection back to the pool. */
  release(): void;
  /** Closes the connection, so that the pool does not lend it again. */
  destroy(): void;
}

/**
 * Thrown in a branch: the branch has not finished, and the coordinator asks again at the transaction's retry interval
 * (ONGOING on the wire: HTTP 425, gRPC FAILED_PRECONDITION). The barrier rolls its transaction back, so that the
 * next call runs.
 *
 * Where nothing of ours catches it, Fastify, Express, Koa, Nest and Hono answer it with 425 by its members.
 */
declare class Ongoing extends Error {
  /** The name of the class. */
  readonly name = "Ongoing";
  /** gRPC's number for FAILED_PRECONDITION, for grpc-js. */
  readonly code: 9;
  /** The HTTP status, for frameworks. */
  readonly status: 425;
  /** The same, for frameworks that look for it under this name. */
  readonly statusCode: 425;
  /** Whether a framework may show the message. */
  readonly expose: true;
  /** The whole answer, for Hono. */
  readonly getResponse: () => Response;
}

/** A transaction that the caller has opened, as `barrier.callInTransaction` uses it. */
interface OpenTransaction {
  /** The barrier's table, unless `BarrierOptions.table` names another: `table` or `schema.table`. */
  readonly tableDefault: string;
  /** The connection that the transaction is open on: the same object as `BarrierDatabase.onlyConnection`. */
  readonly connection: object;
  /**
   * Inserts the rows of `entry` into `table` within the open transaction. Answers which of them were new (T2, T3).
   * @throws LockstepError `invalid_argument` when no transaction is open; then no row is left
   */
  enter(table: string, entry: BarrierEntry): Promise<InsertedRows>;
  /** Rejects when the transaction is no longer there to be committed (T4); called after the business. */
  checkOpen(): Promise<void>;
  /**
   * How the database names `error`, if it is an error of data that no repeat can change: a text too long, a constraint. Then
   * an action throws a `Failure` in its place, with the name and with `error` as its cause. Default: there are none.
   */
  refusalOf?(error: unknown): string | undefined;
  /**
   * The names of the other tables that have a barrier's columns. Asked once, when an undo has found no row in `table`, for
   * a warning. Default: nobody is warned.
   */
  otherTables?(table: string): Promise<readonly string[]>;
  /** Called once, at the end, whatever has happened: takes off what `enter` has put on the connection. */
  release(): void;
}

/** A query as a web framework has parsed it. Where a parameter comes several times, its last value counts. */
type ParsedQuery = Readonly<Record<string, unknown>>;

/** A connection to PostgreSQL as the barrier needs it: pg's `Client` and `PoolClient` are such. */
interface PgClient {
  /** Sends a statement and answers its result. */
  query(text: string, values?: string[]): Promise<unknown>;
  /** Adds a listener. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Takes a listener off. */
  off(event: "error", listener: (error: Error) => void): unknown;
  /** `I` without a transaction, `T` in one, `E` in one that has failed. Older versions of pg do not have it. */
  getTransactionStatus?(): string | null;
  /** False while an answer is awaited. pg has it, but its types do not mention it. */
  readonly readyForQuery?: boolean;
  /** Never there: only a pool, which looks like a client otherwise, has this member. */
  readonly totalCount?: never;
}

/** A pool of connections to PostgreSQL as the barrier needs it: pg's `Pool`. */
interface PgPool<C> {
  /** How many connections the pool has. */
  readonly totalCount: number;
  /** Lends a connection. */
  connect(): Promise<C>;
  /** pg's other form, with a callback. The barrier does not use it; with it here, TypeScript finds `C` above. */
  connect(callback: (...values: any[]) => void): void;
}

/** A connection that a pool of pg has lent: pg's `PoolClient`. */
interface PgPoolClient extends PgClient {
  /** Gives the connection back to the pool, which closes it when it is broken. */
  release(broken?: Error | boolean): void;
}

/**
 * A saga: its actions run one after the other. When one fails for good, the compensations of all actions that may have
 * run are called, in reverse order. Add steps, then `submit` once. `lockstep.saga()` makes one.
 */
declare class Saga {
  #private;
  /** An empty saga for `coordinator`. @throws LockstepError `invalid_argument` for an option out of range */
  constructor(coordinator: Coordinator$1, options?: SagaOptions, clock?: Clock);
  /**
   * The gid: the one that was given or, from the first `submit` on, the one that the coordinator has made. While it
   * is undefined, nothing was submitted. After a `submit` that was aborted, ask `query` for this gid.
   */
  get gid(): string | undefined;
  /**
   * Adds a step with HTTP URLs, and returns the saga. The body is encoded now: to change it later changes nothing.
   * @throws LockstepError `invalid_argument` for a step that cannot be called, and after `submit`
   */
  step(step: HttpStep): this;
  /**
   * Adds a step with methods of a gRPC service, and returns the saga. The request is encoded now: to change it later
   * changes nothing.
   * @throws LockstepError `invalid_argument` for a step that cannot be called, and after `submit`
   */
  step<I extends DescMessage>(step: GrpcStep<I>): this;
  /**
   * Runs the actions at the same time, as far as `order` allows, and returns the saga.
   * @throws LockstepError `invalid_argument` after `submit`
   */
  concurrent(): this;
  /**
   * In a concurrent saga, lets one step start only after the steps `after` have succeeded, and returns the saga. Name a
   * step by the id of its branch: the first step is `"01"`. A number counts from 0, as dtm's clients do. `submit` refuses
   * steps that are not there.
   * @throws LockstepError `invalid_argument` after `submit`
   */
  order(step: string | number, after: ReadonlyArray<string | number>): this;
  /**
   * Hands the saga to the coordinator. When this resolves the saga is stored, and with `wait` it has succeeded. To call
   * it again is safe: the gid stays the same, so it is the same transaction.
   *
   * @throws TransactionFailedError when the saga is rolled back; `reason` says why
   * @throws TransactionOngoingError when the saga was still running at the end of the wait
   * @throws LockstepError `invalid_argument`, `unavailable`, … when the saga was not accepted
   */
  submit(options?: SagaSubmitOptions): Promise<{
    readonly gid: string;
  }>;
}

/** How a saga is run. */
interface SagaOptions extends TransactionOptions {}

/** How a saga is submitted. */
interface SagaSubmitOptions extends TransactionSubmitOptions {}

/** How one direct call of a service is made. */
interface ServiceCallOptions {
  /** Ends the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * How many milliseconds the call may take, with tries at other addresses. The service is told by the deadline. Default:
   * 10,000; at most a day.
   */
  readonly timeoutMs?: number;
  /** Metadata that is sent with the call. Keys are in lower case, values in printable ASCII. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A client of a gRPC service: its unary methods, by their names in the generated code. */
type ServiceClient<S extends DescService> = { readonly [K in keyof S["method"] as S["method"][K] extends {
  readonly methodKind: "unary";
} ? K : never]: BranchMethod<S["method"][K]["input"], S["method"][K]["output"]> };

/** A database of SQLite as the barrier needs it: node:sqlite's `DatabaseSync` is one. */
interface SqliteDatabase {
  /** Runs statements that answer nothing. */
  exec(sql: string): unknown;
  /** Whether a transaction is open. Undefined before Node 22.16. */
  readonly isTransaction?: boolean;
  /** Prepares one statement; `all` runs it and answers its rows. */
  prepare(sql: string): {
    all(...values: string[]): readonly unknown[];
  };
}

/**
 * It was decided to roll the global transaction back. Compensations may still be running: `query` tells.
 *
 * Where a branch refused, `refusal` says which one, and in which words: decide by `refusal.code`, and show people
 * `refusal.message`. `reason` is the coordinator's text, for operators.
 */
declare class TransactionFailedError extends LockstepError$1 {
  /** The name of the class. */
  readonly name = "TransactionFailedError";
  /** The gid of the transaction. */
  readonly gid: string;
  /** Why the transaction is rolled back, in the coordinator's words. */
  readonly reason: string;
  /** The branch's refusal; undefined where no branch refused, as after a time limit. */
  readonly refusal: Refusal$1 | undefined;
  /** Makes the error about `gid`. */
  constructor(gid: string, reason: string, options?: Pick<LockstepErrorOptions$1, "status" | "refusal" | "cause">);
}

/**
 * The coordinator accepted the global transaction, and it had no result when the wait ended. It goes on by itself:
 * `query` tells its result.
 */
declare class TransactionOngoingError extends LockstepError$1 {
  /** The name of the class. */
  readonly name = "TransactionOngoingError";
  /** The gid of the transaction. */
  readonly gid: string;
  /** The last call of a branch that has ended; undefined where none has, or where the coordinator does not tell. */
  readonly lastAttempt: LastAttempt$1 | undefined;
  /** Makes the error about `gid`. */
  constructor(gid: string, options?: Pick<LockstepErrorOptions$1, "status" | "lastAttempt" | "cause">);
}

/** How a global transaction is run, whatever its mode. Times are whole seconds, as on the wire. */
interface TransactionOptions {
  /**
   * The global transaction's id, unique in the coordinator: 1 to 128 characters, without control characters, semicolons
   * and white space at an end, and ASCII where a step is a gRPC one. Give one that follows from the request (an order
   * number, say), and a repeated request cannot start the work twice. Default: the coordinator makes one.
   */
  readonly gid?: string;
  /** A transaction that has not succeeded within this time is rolled back. Default: it is retried until it succeeds. */
  readonly timeoutToFailS?: number;
  /** How long one branch call may take. Default: the coordinator's, 3 seconds. */
  readonly requestTimeoutS?: number;
  /** The pause before a branch is asked again; doubled after each unknown outcome. Default: the coordinator's. */
  readonly retryIntervalS?: number;
  /** After so many retries of an action the transaction is rolled back. Default: no limit. */
  readonly retryLimit?: number;
  /** Sent with every branch call, as HTTP headers or gRPC metadata. Default: none. */
  readonly branchHeaders?: Readonly<Record<string, string>>;
}

/** How a global transaction is submitted, whatever its mode. */
interface TransactionSubmitOptions extends CallOptions$1 {
  /**
   * Whether to wait for the result. `true` waits as long as the coordinator allows. `{ ms }` waits at most so many
   * milliseconds, and one second more where no answer comes at all. Default: return as soon as the coordinator has
   * stored the transaction.
   */
  readonly wait?: boolean | {
    readonly ms: number;
  };
}
