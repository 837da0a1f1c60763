// The public surface of "@lockstep/protocol". `npm run build` makes this file anew; commit it.
// A name or a member that goes or changes here breaks somebody's code.

import { EmptySchema } from "@bufbuild/protobuf/wkt";
import { GenFile, GenMessage, GenService } from "@bufbuild/protobuf/codegenv2";
import { Message } from "@bufbuild/protobuf";

export {
  Address,
  API_BASE_PATH,
  authorityOf,
  BRANCH_PROTOCOLS,
  BranchOutcome,
  branchUrlOf,
  BranchUrlParameters,
  BranchView,
  CallOptions,
  Code,
  CODES,
  CONNECTION_HEADERS,
  Coordinator,
  DEFAULT_GRPC_PORT,
  DEFAULT_HTTP_PORT,
  Dtm,
  DtmBranchRequest,
  DtmBranchRequestSchema,
  DtmGidReply,
  DtmGidReplySchema,
  DtmProgress,
  DtmProgressesReply,
  DtmProgressesReplySchema,
  DtmRequest,
  DtmRequestSchema,
  DtmTopicRequest,
  DtmTopicRequestSchema,
  DtmTransaction,
  DtmTransOptions,
  file_dtmgimp,
  GID_CHARACTERS_MAX,
  GLOBAL_STATUSES,
  GlobalStatus,
  GRPC_NAME_PREFIX,
  GrpcAnswer,
  GrpcUrl,
  HEADER_CODE,
  HEADER_GID,
  HEADER_STATUS,
  HttpAnswer,
  HttpOutcomeOptions,
  HttpUrl,
  HttpUrlFault,
  isAddress,
  isHeaderText,
  isHttpUrl,
  LockstepError,
  LockstepErrorOptions,
  messageOfRequest,
  META_BRANCH_ID,
  META_DTM,
  META_GID,
  META_OP,
  META_TRANS_TYPE,
  metadataKeyProblem,
  OUTCOME_CAUSE_CHARACTERS_MAX,
  outcomeOfGrpc,
  outcomeOfHttp,
  parseSagaCustomData,
  parseTransGlobal,
  requestOfMessage,
  RequestOptions,
  RequestStep,
  ResultWord,
  SagaCustomData,
  sagaCustomDataOf,
  splitAddress,
  splitGrpcUrl,
  splitHttpUrl,
  SubmitOptions,
  TRANS_TYPES,
  TransactionRequest,
  TransactionView,
  transGlobalOf,
  TransType,
  withResultWord,
};

/** Where a server listens or is reached. */
interface Address {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  /** 0 stands for one that is still to be found free. */
  readonly port: number;
}

/** What every path of the HTTP door starts with. */
declare const API_BASE_PATH = "/api/dtmsvr";

/** `host:port` as URLs write it: an IPv6 address stands in brackets (RFC 3986, section 3.2.2). */
declare function authorityOf({
  host,
  port
}: Address): string;

/** How branches without an `http(s)://` URL are called; an empty word on the wire means `http`. */
declare const BRANCH_PROTOCOLS: readonly ["http", "grpc", "json-rpc"];

/**
 * What one call of a branch came to. Unknown is not failure: it means "ask again"; only the branch's own word
 * aborts a transaction.
 */
type BranchOutcome = {
  readonly kind: "success";
} /** The branch refuses for good. `reason` ends in the word FAILURE, as dtm's clients expect (`withResultWord`). */ | {
  readonly kind: "failure";
  readonly reason: string;
} /** The branch is still at it: ask again at the retry interval. */ | {
  readonly kind: "ongoing";
} /** Anything else. `cause` says what was seen, for people, cut to `OUTCOME_CAUSE_CHARACTERS_MAX`. */ | {
  readonly kind: "unknown";
  readonly cause: string;
};

/**
 * The URL of one HTTP branch call: the branch's own, and `branch_id`, `gid`, `op` and `trans_type` appended to
 * its query (protocol 4.2). The branch's own text is not touched: services sign and match it as it was given.
 */
declare function branchUrlOf(url: string, parameters: BranchUrlParameters): string;

/** Which op of which branch a call is about. */
interface BranchUrlParameters {
  readonly branchId: string;
  readonly gid: string;
  readonly op: string;
  readonly transType: string;
}

interface BranchView {
  readonly branch_id: string;
  readonly op: string;
  readonly status: string;
  readonly url?: string;
  /** Base64. */
  readonly bin_data?: string;
  readonly [member: string]: unknown;
}

interface CallOptions {
  readonly signal?: AbortSignal;
}

type Code = keyof typeof CODES;

/**
 * Every way in which a coordinator refuses, as it crosses the wire: code → HTTP status, gRPC status, whether
 * the same request may succeed later, and a line for people. `docs/errors.md` shows this table; a test walks both.
 */
declare const CODES: {
  readonly invalid_argument: {
    readonly http: 400;
    readonly grpc: 3;
    readonly retryable: false;
    readonly doc: "The request is malformed; the message says what and how.";
  };
  readonly payload_too_large: {
    readonly http: 413;
    readonly grpc: 8;
    readonly retryable: false;
    readonly doc: "The request is larger than the door takes.";
  };
  readonly gid_conflict: {
    readonly http: 422;
    readonly grpc: 6;
    readonly retryable: false;
    readonly doc: "This gid is taken by a transaction with other content.";
  };
  readonly wrong_status: {
    readonly http: 409;
    readonly grpc: 10;
    readonly retryable: false;
    readonly doc: "The transaction's status does not allow this.";
  };
  readonly failed: {
    readonly http: 409;
    readonly grpc: 10;
    readonly retryable: false;
    readonly doc: "It was decided to roll the transaction back; the message is the reason.";
  };
  readonly ongoing: {
    readonly http: 425;
    readonly grpc: 9;
    readonly retryable: true;
    readonly doc: "Accepted and still running; ask again with the gid.";
  };
  readonly unknown_gid: {
    readonly http: 500;
    readonly grpc: 13;
    readonly retryable: false;
    readonly doc: "No such global transaction. (500 because dtm clients expect it.)";
  };
  readonly unsupported: {
    readonly http: 400;
    readonly grpc: 12;
    readonly retryable: false;
    readonly doc: "Known, but not offered by this version or over this door.";
  };
  readonly overloaded: {
    readonly http: 503;
    readonly grpc: 8;
    readonly retryable: true;
    readonly doc: "Too many transactions at once; back off and retry.";
  };
  readonly unavailable: {
    readonly http: 503;
    readonly grpc: 14;
    readonly retryable: true;
    readonly doc: "The coordinator, its store or a service cannot be reached, or is shutting down.";
  };
  readonly internal: {
    readonly http: 500;
    readonly grpc: 13;
    readonly retryable: false;
    readonly doc: "A bug in Lockstep; report it with the gid.";
  };
};

/**
 * Names (in lower case) that speak of the connection or say where a message ends. Only whoever holds the connection
 * may set them: with a caller's they could forge a second request.
 */
declare const CONNECTION_HEADERS: ReadonlySet<string>;

/** A coordinator as its callers see it: over HTTP, over gRPC, or in the same process. */
interface Coordinator {
  newGid(options?: CallOptions): Promise<string>;
  /** Stores without running. Idempotent. @throws LockstepError */
  prepare(request: TransactionRequest, options?: CallOptions): Promise<void>;
  /**
   * Stores and runs. With `request.options.waitResult` it resolves when the transaction has succeeded.
   * @throws LockstepError `failed` with the reason when it was decided to roll back, `ongoing` when it is
   * still running after the wait, anything else when it was not accepted.
   */
  submit(request: TransactionRequest, options?: SubmitOptions): Promise<void>;
  abort(request: TransactionRequest, options?: CallOptions): Promise<void>;
  /** The transaction and its branches, or undefined. gRPC has no query: code `unsupported` there. */
  query(gid: string, options?: CallOptions): Promise<TransactionView | undefined>;
  /** Lets go of connections; an in-process coordinator drains and closes its store. */
  close(): Promise<void>;
}

/** Where a coordinator listens for gRPC unless told otherwise. */
declare const DEFAULT_GRPC_PORT = 36790;

/** Where a coordinator listens for HTTP unless told otherwise. */
declare const DEFAULT_HTTP_PORT = 36789;

/**
 * @generated from service dtmgimp.Dtm
 */
declare const Dtm: GenService<{
  /**
   * @generated from rpc dtmgimp.Dtm.NewGid
   */
  newGid: {
    methodKind: "unary";
    input: typeof EmptySchema;
    output: typeof DtmGidReplySchema;
  };
  /**
   * @generated from rpc dtmgimp.Dtm.Submit
   */
  submit: {
    methodKind: "unary";
    input: typeof DtmRequestSchema;
    output: typeof EmptySchema;
  };
  /**
   * @generated from rpc dtmgimp.Dtm.Prepare
   */
  prepare: {
    methodKind: "unary";
    input: typeof DtmRequestSchema;
    output: typeof EmptySchema;
  };
  /**
   * @generated from rpc dtmgimp.Dtm.Abort
   */
  abort: {
    methodKind: "unary";
    input: typeof DtmRequestSchema;
    output: typeof EmptySchema;
  };
  /**
   * @generated from rpc dtmgimp.Dtm.RegisterBranch
   */
  registerBranch: {
    methodKind: "unary";
    input: typeof DtmBranchRequestSchema;
    output: typeof EmptySchema;
  };
  /**
   * @generated from rpc dtmgimp.Dtm.PrepareWorkflow
   */
  prepareWorkflow: {
    methodKind: "unary";
    input: typeof DtmRequestSchema;
    output: typeof DtmProgressesReplySchema;
  };
  /**
   * @generated from rpc dtmgimp.Dtm.Subscribe
   */
  subscribe: {
    methodKind: "unary";
    input: typeof DtmTopicRequestSchema;
    output: typeof EmptySchema;
  };
  /**
   * @generated from rpc dtmgimp.Dtm.Unsubscribe
   */
  unsubscribe: {
    methodKind: "unary";
    input: typeof DtmTopicRequestSchema;
    output: typeof EmptySchema;
  };
  /**
   * @generated from rpc dtmgimp.Dtm.DeleteTopic
   */
  deleteTopic: {
    methodKind: "unary";
    input: typeof DtmTopicRequestSchema;
    output: typeof EmptySchema;
  };
}>;

/**
 * @generated from message dtmgimp.DtmBranchRequest
 */
type DtmBranchRequest = Message<"dtmgimp.DtmBranchRequest"> & {
  /**
   * @generated from field: string Gid = 1;
   */
  Gid: string;
  /**
   * @generated from field: string TransType = 2;
   */
  TransType: string;
  /**
   * @generated from field: string BranchID = 3;
   */
  BranchID: string;
  /**
   * Sent by clients, read by nobody.
   *
   * @generated from field: string Op = 4;
   */
  Op: string;
  /**
   * @generated from field: map<string, string> Data = 5;
   */
  Data: {
    [key: string]: string;
  };
  /**
   * @generated from field: bytes BusiPayload = 6;
   */
  BusiPayload: Uint8Array;
};

/**
 * Describes the message dtmgimp.DtmBranchRequest.
 * Use `create(DtmBranchRequestSchema)` to create a new message.
 */
declare const DtmBranchRequestSchema: GenMessage<DtmBranchRequest>;

/**
 * @generated from message dtmgimp.DtmGidReply
 */
type DtmGidReply = Message<"dtmgimp.DtmGidReply"> & {
  /**
   * @generated from field: string Gid = 1;
   */
  Gid: string;
};

/**
 * Describes the message dtmgimp.DtmGidReply.
 * Use `create(DtmGidReplySchema)` to create a new message.
 */
declare const DtmGidReplySchema: GenMessage<DtmGidReply>;

/**
 * @generated from message dtmgimp.DtmProgress
 */
type DtmProgress = Message<"dtmgimp.DtmProgress"> & {
  /**
   * @generated from field: string Status = 1 [json_name = "status"];
   */
  Status: string;
  /**
   * @generated from field: bytes BinData = 2 [json_name = "bin_data"];
   */
  BinData: Uint8Array;
  /**
   * @generated from field: string BranchID = 3 [json_name = "branch_id"];
   */
  BranchID: string;
  /**
   * @generated from field: string Op = 4 [json_name = "op"];
   */
  Op: string;
};

/**
 * The names in JSON matter: clients read the HTTP answer of prepareWorkflow as this message.
 *
 * @generated from message dtmgimp.DtmProgressesReply
 */
type DtmProgressesReply = Message<"dtmgimp.DtmProgressesReply"> & {
  /**
   * @generated from field: dtmgimp.DtmTransaction Transaction = 1 [json_name = "transaction"];
   */
  Transaction?: DtmTransaction | undefined;
  /**
   * @generated from field: repeated dtmgimp.DtmProgress Progresses = 2 [json_name = "progresses"];
   */
  Progresses: DtmProgress[];
};

/**
 * Describes the message dtmgimp.DtmProgressesReply.
 * Use `create(DtmProgressesReplySchema)` to create a new message.
 */
declare const DtmProgressesReplySchema: GenMessage<DtmProgressesReply>;

/**
 * @generated from message dtmgimp.DtmRequest
 */
type DtmRequest = Message<"dtmgimp.DtmRequest"> & {
  /**
   * @generated from field: string Gid = 1;
   */
  Gid: string;
  /**
   * @generated from field: string TransType = 2;
   */
  TransType: string;
  /**
   * @generated from field: dtmgimp.DtmTransOptions TransOptions = 3;
   */
  TransOptions?: DtmTransOptions | undefined;
  /**
   * `custom_data` over HTTP; the spelling is dtm's.
   *
   * @generated from field: string CustomedData = 4;
   */
  CustomedData: string;
  /**
   * One for each step, in their order.
   *
   * @generated from field: repeated bytes BinPayloads = 5;
   */
  BinPayloads: Uint8Array[];
  /**
   * @generated from field: string QueryPrepared = 6;
   */
  QueryPrepared: string;
  /**
   * JSON text: [{"action":"…","compensate":"…"}]; empty or `null` when there are none.
   *
   * @generated from field: string Steps = 7;
   */
  Steps: string;
  /**
   * @generated from field: map<string, string> ReqExtra = 8;
   */
  ReqExtra: {
    [key: string]: string;
  };
  /**
   * @generated from field: string RollbackReason = 9;
   */
  RollbackReason: string;
};

/**
 * Describes the message dtmgimp.DtmRequest.
 * Use `create(DtmRequestSchema)` to create a new message.
 */
declare const DtmRequestSchema: GenMessage<DtmRequest>;

/**
 * @generated from message dtmgimp.DtmTopicRequest
 */
type DtmTopicRequest = Message<"dtmgimp.DtmTopicRequest"> & {
  /**
   * @generated from field: string Topic = 1;
   */
  Topic: string;
  /**
   * @generated from field: string URL = 2;
   */
  URL: string;
  /**
   * @generated from field: string Remark = 3;
   */
  Remark: string;
};

/**
 * Describes the message dtmgimp.DtmTopicRequest.
 * Use `create(DtmTopicRequestSchema)` to create a new message.
 */
declare const DtmTopicRequestSchema: GenMessage<DtmTopicRequest>;

/**
 * @generated from message dtmgimp.DtmTransaction
 */
type DtmTransaction = Message<"dtmgimp.DtmTransaction"> & {
  /**
   * @generated from field: string Gid = 1 [json_name = "gid"];
   */
  Gid: string;
  /**
   * @generated from field: string Status = 2 [json_name = "status"];
   */
  Status: string;
  /**
   * @generated from field: string RollbackReason = 3 [json_name = "rollback_reason"];
   */
  RollbackReason: string;
  /**
   * @generated from field: string Result = 4 [json_name = "result"];
   */
  Result: string;
};

/**
 * Times in seconds; 0 means "not set".
 *
 * @generated from message dtmgimp.DtmTransOptions
 */
type DtmTransOptions = Message<"dtmgimp.DtmTransOptions"> & {
  /**
   * @generated from field: bool WaitResult = 1;
   */
  WaitResult: boolean;
  /**
   * @generated from field: int64 TimeoutToFail = 2;
   */
  TimeoutToFail: bigint;
  /**
   * @generated from field: int64 RetryInterval = 3;
   */
  RetryInterval: bigint;
  /**
   * @generated from field: map<string, string> BranchHeaders = 5;
   */
  BranchHeaders: {
    [key: string]: string;
  };
  /**
   * @generated from field: int64 RequestTimeout = 6;
   */
  RequestTimeout: bigint;
  /**
   * @generated from field: int64 RetryLimit = 7;
   */
  RetryLimit: bigint;
};

/**
 * Describes the file dtmgimp.proto.
 */
declare const file_dtmgimp: GenFile;

/** A gid has 1 to this many characters: dtm's column is this wide, and so are its clients' barrier tables. */
declare const GID_CHARACTERS_MAX = 128;

/** The statuses of a global transaction; the last two are final. */
declare const GLOBAL_STATUSES: readonly ["prepared", "submitted", "aborting", "succeed", "failed"];

type GlobalStatus = (typeof GLOBAL_STATUSES)[number];

/** Names that begin so belong to gRPC itself. */
declare const GRPC_NAME_PREFIX = "grpc-";

/** The status a gRPC branch ended with. */
interface GrpcAnswer {
  readonly code: number;
  readonly message: string;
}

/** A gRPC branch URL in its two parts. */
interface GrpcUrl {
  /** Whom to dial: `host:port`, or what a directory of services is asked, `etcd://h:2379/user.rpc`. */
  readonly target: string;
  /** The full method with its leading slash: `/user.User/Save`. */
  readonly method: string;
}

/** Lockstep's own: the error's code, as an HTTP header and a gRPC trailer. */
declare const HEADER_CODE = "lockstep-code";

/** Lockstep's own: the gid an answer is about, as an HTTP header and a gRPC trailer. */
declare const HEADER_GID = "lockstep-gid";

/** Lockstep's own: the status that the transaction is stored with, as an HTTP header and a gRPC trailer. */
declare const HEADER_STATUS = "lockstep-status";

/** What an HTTP branch answered; `body` is the whole text. */
interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

interface HttpOutcomeOptions {
  /**
   * Any body that contains the word FAILURE or ONGOING counts as that result, as dtm has it. For branches that
   * rely on it; it also aborts a saga whose branch merely mentions the word. Default: off.
   */
  readonly legacyResults?: boolean;
}

/** An `http(s)://` URL in the parts that a request needs. */
interface HttpUrl {
  /** `http://host:port`, without the port where it is the scheme's own. */
  readonly origin: string;
  /** `host:port`: what may be shown to people. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
}

/**
 * Why a URL cannot be called over HTTP:
 *
 * - `no host`: nothing stands between the scheme and the path.
 * - `credentials`: there is an account in front of the host.
 * - `bad host`: no such host or port can exist, or readers could disagree about which it is.
 */
type HttpUrlFault = "no host" | "credentials" | "bad host";

/** Whether `text` is a `host:port` that can be called: with a port from 1 to 65535. */
declare function isAddress(text: string): boolean;

/** Printable ASCII: what HTTP/1.1, HTTP/2 and gRPC all carry unchanged. Above all: no CR and no LF. */
declare function isHeaderText(value: string): boolean;

/** Whether `url` is called over HTTP, whatever its transaction's protocol (protocol 4.1). */
declare function isHttpUrl(url: string): boolean;

/** The one error that crosses package boundaries: a code from a closed set and a sentence for people. */
declare class LockstepError extends Error {
  readonly name: string;
  readonly code: Code;
  readonly gid: string | undefined;
  readonly status: string | undefined;
  readonly reason: string | undefined;
  /** `message` is the sentence alone: it goes over the wire as it is, `code` beside it. */
  constructor(code: Code, message: string, options?: LockstepErrorOptions);
}

interface LockstepErrorOptions {
  readonly cause?: unknown;
  /** The global transaction it is about, where there is one. */
  readonly gid?: string;
  /** The transaction's status, where it is known. */
  readonly status?: string;
  /** Why the transaction was rolled back, for code `failed`. */
  readonly reason?: string;
}

/**
 * The message that says `request`. It has no place for `protocol`, which is gRPC then, nor for
 * `options.concurrent`, which only messages read.
 */
declare function messageOfRequest(request: TransactionRequest): DtmRequest;

declare const META_BRANCH_ID = "dtm-branch_id";

/** The coordinator's address as the branch may use it; empty when the coordinator itself calls. */
declare const META_DTM = "dtm-dtm";

/** The metadata of a gRPC branch call: who calls, and about what (protocol 4.3). */
declare const META_GID = "dtm-gid";

declare const META_OP = "dtm-op";

declare const META_TRANS_TYPE = "dtm-trans_type";

/** Why `name` cannot be the key of gRPC metadata that is text, as the end of a sentence; undefined where it can. */
declare function metadataKeyProblem(name: string): string | undefined;

/** What is kept of an answer that nobody can interpret: enough to recognise an error page by. */
declare const OUTCOME_CAUSE_CHARACTERS_MAX = 1000;

/** Reads the status of a gRPC branch: ABORTED is failure, FAILED_PRECONDITION ongoing (protocol 4.5). */
declare function outcomeOfGrpc({
  code,
  message
}: GrpcAnswer): BranchOutcome;

/** Reads the answer of an HTTP branch: 2xx success, 409 failure, 425 ongoing, and the body's own `dtm_result`. */
declare function outcomeOfHttp(answer: HttpAnswer, options?: HttpOutcomeOptions): BranchOutcome;

/**
 * Reads a saga's `custom_data`; an empty text or `null` means one action after the other. Whether the steps exist,
 * and whether they wait for each other in a circle, is for whoever knows the steps.
 * @throws LockstepError `invalid_argument`
 */
declare function parseSagaCustomData(customData: string): SagaCustomData;

/**
 * Reads the HTTP body of prepare, submit, abort and their like (dtm's TransGlobal, protocol 1.3): as tolerant as
 * dtm, because its clients send nulls and members of their own, and strict about types.
 * @throws LockstepError `invalid_argument`
 */
declare function parseTransGlobal(body: string): TransactionRequest;

/** @throws LockstepError `invalid_argument` */
declare function requestOfMessage(message: DtmRequest): TransactionRequest;

/** Times in whole seconds, as on the wire; 0 means "not set". */
interface RequestOptions {
  readonly waitResult: boolean;
  readonly timeoutToFailS: number;
  readonly requestTimeoutS: number;
  readonly retryIntervalS: number;
  readonly retryLimit: number;
  readonly branchHeaders: Readonly<Record<string, string>>;
  /** Top level `concurrent`; a saga reads `custom_data.concurrent` instead. */
  readonly concurrent: boolean;
}

interface RequestStep {
  readonly action: string;
  readonly compensate: string;
}

/** The words by which a text says that it is not a success. */
type ResultWord = "FAILURE" | "ONGOING";

/** In which order a saga's actions may run: what a saga keeps in `custom_data` (protocol 5.2). */
interface SagaCustomData {
  /** Actions run as soon as `orders` allows, not one after the other. */
  readonly concurrent: boolean;
  /** `orders[step]` lists the steps (from 0) that must have succeeded before that step's action starts. */
  readonly orders: Readonly<Record<number, readonly number[]>>;
}

/** The `custom_data` that says `data`; empty where it says nothing. */
declare function sagaCustomDataOf({
  concurrent,
  orders
}: SagaCustomData): string;

/** `host:port` in its parts; undefined where it is not one. */
declare function splitAddress(text: string): Address | undefined;

/**
 * Splits a gRPC branch URL the way dtm's default and go-zero drivers do (protocol 9.2).
 *
 * By hand, because `URL` refuses the several hosts of `etcd://h1:2379,h2:2379/…`.
 * @throws LockstepError `invalid_argument`
 */
declare function splitGrpcUrl(url: string): GrpcUrl;

/**
 * Takes an `http(s)://` URL apart, or says why nobody can call it.
 *
 * By hand, because `URL` rewrites paths (`/a/../b`), and what a service signs or matches must arrive as it was given.
 */
declare function splitHttpUrl(url: string): HttpUrl | HttpUrlFault;

interface SubmitOptions extends CallOptions {
  /** How long to wait for the result at most. Default: the coordinator's own limit, which also caps it. */
  readonly waitMs?: number;
}

/** The modes of a global transaction that dtm's clients know; a coordinator may drive fewer. */
declare const TRANS_TYPES: readonly ["saga", "tcc", "msg", "xa", "workflow"];

/** A request about one global transaction, whatever door it comes through. Parsed, not yet judged. */
interface TransactionRequest {
  readonly gid: string;
  readonly transType: string;
  readonly protocol: "http" | "grpc" | "json-rpc";
  readonly steps: readonly RequestStep[];
  /** In the order of the steps; `steps[].data` of old clients is appended (protocol 1.3). */
  readonly payloads: readonly Uint8Array[];
  readonly queryPrepared: string;
  readonly customData: string;
  readonly rollbackReason: string;
  readonly reqExtra: Readonly<Record<string, string>>;
  readonly options: RequestOptions;
}

/** What `query` answers, in the wire's own words (protocol 1.7). */
interface TransactionView {
  readonly transaction: {
    readonly gid: string;
    readonly trans_type: string;
    readonly status: string;
    readonly rollback_reason?: string;
    readonly [member: string]: unknown;
  };
  readonly branches: readonly BranchView[];
}

/** The HTTP body that says `request`; members that are not set are left out. */
declare function transGlobalOf(request: TransactionRequest): string;

type TransType = (typeof TRANS_TYPES)[number];

/**
 * `text` ending in ` FAILURE` (or ` ONGOING`), once: dtm's clients look for the word in messages and reasons
 * (protocol 0.3). Saying it twice changes nothing.
 */
declare function withResultWord(text: string, word: ResultWord): string;
