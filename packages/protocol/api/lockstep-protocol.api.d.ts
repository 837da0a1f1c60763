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
  branchIdOf,
  branchMethodOf,
  BranchOutcome,
  BranchRegistration,
  branchUrlOf,
  BranchUrlParameters,
  BranchView,
  brandErrorClass,
  bufferOf,
  CallOptions,
  checkJsonRpcPayload,
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
  encodeWorkflowData,
  ErrorDetail,
  errorDetailOf,
  FailureDetail,
  failureJsonOf,
  failureMessageOf,
  file_dtmgimp,
  GID_CHARACTERS_MAX,
  gidMetadataProblem,
  gidProblem,
  GLOBAL_STATUSES,
  GlobalStatus,
  GRPC_NAME_PREFIX,
  GrpcAnswer,
  GrpcUrl,
  HEADER_CODE,
  HEADER_DETAIL,
  HEADER_GID,
  HEADER_STATUS,
  HttpAnswer,
  HttpOutcomeOptions,
  HttpUrl,
  HttpUrlFault,
  isAbsent,
  isAddress,
  isHeaderText,
  isHttpUrl,
  JSON_RPC_CODES,
  JsonObject,
  jsonRpcBodyOf,
  JsonRpcBranchCall,
  knownMembers,
  LastAttempt,
  lastAttemptMembersOf,
  LockstepError,
  LockstepErrorOptions,
  messageOfRequest,
  META_BRANCH_ID,
  META_DTM,
  META_FAILURE,
  META_GID,
  META_OP,
  META_TRANS_TYPE,
  metadataKeyProblem,
  MsgCustomData,
  objectOf,
  OUTCOME_CAUSE_CHARACTERS_MAX,
  outcomeOfGrpc,
  outcomeOfHttp,
  outcomeOfJsonRpc,
  parseBranchRegistration,
  parseErrorDetail,
  parseFailureJson,
  parseJson,
  parseMsgCustomData,
  parseSagaCustomData,
  parseTransGlobal,
  parseWorkflowCustomData,
  progressesOf,
  quotedText,
  Refusal,
  refusalOfReason,
  RegistrationField,
  registrationOfMessage,
  registrationOfParams,
  requestOfMessage,
  RequestOptions,
  RequestStep,
  ResultWord,
  SagaCustomData,
  sagaCustomDataOf,
  shownReason,
  shownUrl,
  splitAddress,
  splitGrpcUrl,
  splitHttpUrl,
  SubmitOptions,
  TRANS_TYPES,
  TransactionRequest,
  TransactionView,
  transGlobalOf,
  transGlobalOfParams,
  TransType$1 as TransType,
  withResultWord,
  WorkflowCustomData,
};

/** Where a server listens or is reached. */
interface Address {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  /** The port, from 0 to 65535. A server that listens on port 0 is given a free one by the system. */
  readonly port: number;
}

/** The start of every path of the HTTP door. */
declare const API_BASE_PATH = "/api/dtmsvr";

/** `host:port` as a URL has it: an IPv6 address stands in brackets (RFC 3986, section 3.2.2). */
declare function authorityOf({
  host,
  port
}: Address): string;

/** How branches without an `http(s)://` URL are called; an empty word on the wire means `http`. */
declare const BRANCH_PROTOCOLS: readonly ["http", "grpc", "json-rpc"];

/** The id of the branch that a coordinator makes of the step at `index`, counted from 0: `01`, `02`, … `99`, `100`. */
declare function branchIdOf(index: number): string;

/**
 * The HTTP method of a branch call (protocol 4.2): POST where there is something to send. Phase two of an `xa` sends
 * nothing, and its clients take it by POST all the same.
 */
declare function branchMethodOf({
  transType,
  payload
}: {
  readonly transType: string;
  readonly payload: Uint8Array;
}): "GET" | "POST";

/**
 * What one call of a branch came to. Unknown is not failure: it means "ask again". Only the branch's own FAILURE rolls a
 * transaction back.
 */
type BranchOutcome = /** The branch has done its work. */{
  readonly kind: "success";
} /** The branch refuses for good. */ | {
  readonly kind: "failure"; /** The branch's answer. It ends in the word FAILURE, as dtm's clients expect (`withResultWord`). */
  readonly reason: string; /** The code and the data that the branch told beside its text, as JSON (`failureJsonOf`); absent where it told none. */
  readonly failureJson?: string;
} /** The branch still works: ask again at the retry interval. */ | {
  readonly kind: "ongoing";
} /** Anything else. */ | {
  readonly kind: "unknown"; /** What was seen, for people; cut to `OUTCOME_CAUSE_CHARACTERS_MAX`. */
  readonly cause: string;
};

/** A request to register a branch, whatever door it comes through: parsed, and not yet checked for sense (protocol 1.5). */
interface BranchRegistration {
  /** The gid of the transaction. */
  readonly gid: string;
  /** The mode of the transaction: one of `TRANS_TYPES`. */
  readonly transType: string;
  /** The branch's id: `01`, `02`, …; nested ones `0201`. */
  readonly branchId: string;
  /** The data of the branch, sent with each of its ops. */
  readonly payload: Uint8Array;
  /** What the mode asks for besides, by name: `confirm`, `cancel`, `url`, `op`, `status`; empty where not given. */
  readonly fields: Readonly<Record<RegistrationField, string>>;
}

/**
 * The URL of one HTTP branch call: the branch's own URL with `branch_id`, `gid`, `op` and `trans_type` appended to its
 * query (protocol 4.2). The branch's own text stays as it was given, because services sign it and match it.
 */
declare function branchUrlOf(url: string, parameters: BranchUrlParameters): string;

/** Which op of which branch a call is about. */
interface BranchUrlParameters {
  /** The branch: `01`, `02`, … */
  readonly branchId: string;
  /** The global transaction. */
  readonly gid: string;
  /** The op: `action`, `compensate`, … */
  readonly op: string;
  /** The mode: `saga`, … */
  readonly transType: string;
}

/** One op of one branch in what `query` answers. */
interface BranchView {
  /** The branch: `01`, `02`, … */
  readonly branch_id: string;
  /** The op: `action`, `compensate`, … */
  readonly op: string;
  /** `prepared`, `succeed` or `failed`. */
  readonly status: string;
  /** The URL that is called. */
  readonly url?: string;
  /** The payload, as base64. */
  readonly bin_data?: string;
  /** Whatever else the coordinator tells. */
  readonly [member: string]: unknown;
}

/**
 * Makes `instanceof errorClass` say yes to the errors of this class, and of the class with the same `name` in any
 * other copy. Call it once for each class, in a static block; `name` must belong to no other class of ours.
 *
 * A subclass that is not branded itself (a user's own, say) keeps the plain `instanceof`.
 */
declare function brandErrorClass(errorClass: Pick<typeof Error, "prototype">, name: string): void;

/** The same bytes as a Buffer, not copied. */
declare function bufferOf(bytes: Uint8Array): Buffer;

/** How one call of a coordinator is made. */
interface CallOptions {
  /** Ends the call, which then rejects with the signal's reason. The coordinator may have heard the call all the same. */
  readonly signal?: AbortSignal;
}

/** Checks that a payload can be the parameters of a call. @throws LockstepError `invalid_argument` */
declare function checkJsonRpcPayload(payload: Uint8Array): void;

/** The code of a `LockstepError`: a key of `CODES`. */
type Code = keyof typeof CODES;

/**
 * Every way in which Lockstep refuses. For each code: the HTTP status and the gRPC status with which it crosses the wire,
 * whether the same request may succeed later, and a line for people. `docs/errors.md` shows this table; a test holds
 * the two to each other.
 */
declare const CODES: {
  /** The request is malformed. */readonly invalid_argument: {
    readonly http: 400;
    readonly grpc: 3;
    readonly retryable: false;
    readonly doc: "The request is malformed; the message says what and how.";
  }; /** The request is too large. */
  readonly payload_too_large: {
    readonly http: 413;
    readonly grpc: 8;
    readonly retryable: false;
    readonly doc: "The request is larger than the door takes.";
  }; /** The gid is taken by other content. */
  readonly gid_conflict: {
    readonly http: 422;
    readonly grpc: 6;
    readonly retryable: false;
    readonly doc: "This gid, or a branch of it, is taken by other content.";
  }; /** The status does not allow it. */
  readonly wrong_status: {
    readonly http: 409;
    readonly grpc: 10;
    readonly retryable: false;
    readonly doc: "The transaction's status does not allow this.";
  }; /** The transaction is rolled back. */
  readonly failed: {
    readonly http: 409;
    readonly grpc: 10;
    readonly retryable: false;
    readonly doc: "It was decided to roll the transaction back; the message is the reason.";
  }; /** The transaction still runs. */
  readonly ongoing: {
    readonly http: 425;
    readonly grpc: 9;
    readonly retryable: true;
    readonly doc: "Accepted and still running; ask again with the gid.";
  }; /** There is no such transaction. */
  readonly unknown_gid: {
    readonly http: 500;
    readonly grpc: 13;
    readonly retryable: false;
    readonly doc: "No such global transaction. (500 because dtm clients expect it.)";
  }; /** It is not offered. */
  readonly unsupported: {
    readonly http: 400;
    readonly grpc: 12;
    readonly retryable: false;
    readonly doc: "Known, but not offered by this version or over this door.";
  }; /** There is too much work. */
  readonly overloaded: {
    readonly http: 503;
    readonly grpc: 8;
    readonly retryable: true;
    readonly doc: "Too many transactions at once; back off and retry.";
  }; /** Somebody cannot be reached. */
  readonly unavailable: {
    readonly http: 503;
    readonly grpc: 14;
    readonly retryable: true;
    readonly doc: "The coordinator, its store or a service cannot be reached, or is shutting down.";
  }; /** A bug. */
  readonly internal: {
    readonly http: 500;
    readonly grpc: 13;
    readonly retryable: false;
    readonly doc: "A bug in Lockstep; report it with the gid.";
  };
};

/**
 * Names of headers, in lower case, that describe the connection or say where a message ends. Only the holder of the
 * connection may set them: a caller who sets one could forge a second request.
 */
declare const CONNECTION_HEADERS: ReadonlySet<string>;

/** A coordinator as its callers see it: over HTTP, over gRPC, or in the same process. */
interface Coordinator {
  /** A gid that no other transaction of this coordinator has. @throws LockstepError */
  newGid(options?: CallOptions): Promise<string>;
  /** Stores a transaction without running it. Idempotent. @throws LockstepError */
  prepare(request: TransactionRequest, options?: CallOptions): Promise<void>;
  /**
   * Stores a transaction and runs it. Idempotent. Resolves when the transaction is stored and, with
   * `request.options.waitResult`, when it has succeeded. A repeat with the same content is answered as the first submit
   * was.
   * @throws LockstepError `failed` with the reason when it was decided to roll back, `ongoing` when the transaction is
   * still running after the wait, any other code when it was not accepted
   */
  submit(request: TransactionRequest, options?: SubmitOptions): Promise<void>;
  /**
   * Rolls a transaction back, where its mode lets the caller decide that.
   * @throws LockstepError `wrong_status` where it does not, as for every saga
   */
  abort(request: TransactionRequest, options?: CallOptions): Promise<void>;
  /**
   * The transaction and its branches as stored; undefined when the coordinator knows no such gid.
   * @throws LockstepError `unsupported` over gRPC, which has no query
   */
  query(gid: string, options?: CallOptions): Promise<TransactionView | undefined>;
  /** Closes the connections. A coordinator in the same process lets its work end and closes its store. Idempotent. */
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

/** A `WorkflowData` message with this input. */
declare function encodeWorkflowData(data: Uint8Array): Uint8Array;

/** What the header holds. */
interface ErrorDetail {
  /** Why the transaction is rolled back. Left out where the text of the error says it. */
  readonly reason?: string;
  /** The branch's refusal, without the body, which stands in the reason. */
  readonly refusal?: Omit<Refusal, "body">;
  /** The last call of a branch. */
  readonly lastAttempt?: LastAttempt;
}

/**
 * The header for `detail`; undefined where there is nothing to tell. Texts are cut, and data is left out, where the
 * header would have more than `bytesMax` bytes.
 */
declare function errorDetailOf(detail: ErrorDetail, bytesMax?: number): string | undefined;

/** The code and the data of a refusal. */
interface FailureDetail {
  /** The branch's own word for why it refuses. */
  readonly code?: string;
  /** What the caller needs to know beside the code: any JSON value. */
  readonly data?: unknown;
}

/**
 * The JSON of a code and its data. Data that is no JSON, or makes the text longer than `FAILURE_DETAIL_BYTES_MAX`, is
 * left out, and so is a code that is none; undefined when nothing is left.
 */
declare function failureJsonOf({
  code,
  data
}: {
  readonly code?: unknown;
  readonly data?: unknown;
}): string | undefined;

/**
 * The sentence in the body of a refusal: `message` or `error` of a JSON body, as frameworks and our own answers have it,
 * and else the body itself.
 */
declare function failureMessageOf(body: string): string;

/**
 * Describes the file dtmgimp.proto.
 */
declare const file_dtmgimp: GenFile;

/** How many characters a gid may have: as many as dtm's table and its clients' barrier tables can hold. */
declare const GID_CHARACTERS_MAX = 128;

/**
 * Why gRPC cannot carry `gid` to a branch, as a sentence; undefined when it can. Asked where an op of the transaction is
 * a gRPC method: the gid is a value of the call's metadata there, which is printable ASCII.
 */
declare function gidMetadataProblem(gid: string): string | undefined;

/**
 * Why `gid` cannot name a global transaction, as a sentence; undefined when it can.
 *
 * Everybody who takes a gid asks here. A gid that one place folds into another gid makes two transactions one, and the
 * branches of the second do nothing: HTTP and gRPC drop blanks at the ends, MySQL compares without them, PostgreSQL
 * stores no U+0000, and dtm's clients take line breaks and semicolons out.
 */
declare function gidProblem(gid: string): string | undefined;

/** The statuses of a global transaction; the last two are final. */
declare const GLOBAL_STATUSES: readonly ["prepared", "submitted", "aborting", "succeed", "failed"];

/** The status of a global transaction. */
type GlobalStatus = (typeof GLOBAL_STATUSES)[number];

/** What the names begin with that gRPC keeps for itself. */
declare const GRPC_NAME_PREFIX = "grpc-";

/** The status with which a gRPC branch ended its call. */
interface GrpcAnswer {
  /** The number of the status: 0 is OK. */
  readonly code: number;
  /** The text of the status; empty where there is none. */
  readonly message: string;
  /** The JSON in the trailer `META_FAILURE`. Default: the branch sent none. */
  readonly failureJson?: string;
}

/** A gRPC branch URL in its two parts. */
interface GrpcUrl {
  /** Where the service is found: `host:port`, or an entry in a registry such as `etcd://h:2379/user.rpc`. */
  readonly target: string;
  /** The full method with its leading slash: `/user.User/Save`. */
  readonly method: string;
}

/** Lockstep's own: the code of the error, in an HTTP header or a gRPC trailer. */
declare const HEADER_CODE = "lockstep-code";

/** Lockstep's own: the reason, the refusal and the last attempt, as JSON in an HTTP header or a gRPC trailer. */
declare const HEADER_DETAIL = "lockstep-detail";

/** Lockstep's own: the gid that the answer is about, in an HTTP header or a gRPC trailer. */
declare const HEADER_GID = "lockstep-gid";

/** Lockstep's own: the stored status of the transaction, in an HTTP header or a gRPC trailer. */
declare const HEADER_STATUS = "lockstep-status";

/** What an HTTP branch answered. */
interface HttpAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** The whole body, as text. */
  readonly body: string;
}

/** How the answer of an HTTP branch is read. */
interface HttpOutcomeOptions {
  /**
   * Whether a body that contains the word FAILURE or ONGOING anywhere counts as that result, as in dtm. It is for
   * branches that rely on this. A branch that merely mentions the word then rolls its saga back too. Default: false.
   */
  readonly legacyResults?: boolean;
}

/** An `http(s)://` URL in the parts that a request needs. */
interface HttpUrl {
  /** `http://host:port`, without the port where it is the default one of the scheme. */
  readonly origin: string;
  /** `host:port`, which may be shown to people. */
  readonly host: string;
  /** The path and the query. */
  readonly path: string;
}

/**
 * Why a URL cannot be called over HTTP:
 *
 * - `noHost`: nothing stands between the scheme and the path.
 * - `credentials`: there is an account in front of the host.
 * - `badHost`: no such host or port can exist, or two programs could read two different hosts in it.
 */
type HttpUrlFault = "noHost" | "credentials" | "badHost";

/** Whether a member is missing; null counts as missing. */
declare function isAbsent(value: unknown): value is null | undefined;

/** Whether `text` is a `host:port` that can be called: with a port from 1 to 65535. */
declare function isAddress(text: string): boolean;

/**
 * Whether HTTP/1.1, HTTP/2 and gRPC all carry `value` unchanged: it is printable ASCII, and so has no line break, with
 * which a caller could add a header of its own.
 */
declare function isHeaderText(value: string): boolean;

/** Whether `url` is called over HTTP, whatever its transaction's protocol (protocol 4.1). */
declare function isHttpUrl(url: string): boolean;

/**
 * Codes of JSON-RPC errors (protocol 3, 4.4). The last two are dtm's words for its results: a branch refuses with the
 * one, and still works with the other. The coordinator answers its callers with both; dtm's answers ONGOING with
 * `internalError`, by which nobody can tell it from a fault.
 */
declare const JSON_RPC_CODES: {
  readonly parseError: -32700;
  readonly invalidRequest: -32600;
  readonly methodNotFound: -32601;
  readonly internalError: -32603;
  readonly failure: -32901;
  readonly ongoing: -32902;
};

/** A JSON object whose members are not checked yet. */
type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The body of a call (protocol 4.4). The payload's members are the parameters, beside the four that say which op it is;
 * these four are stronger. A payload that has none of the four is sent as it was written, because a number of more than
 * 16 digits would not survive being read and written again.
 * @throws LockstepError `invalid_argument` where the payload can be no parameters
 */
declare function jsonRpcBodyOf({
  method,
  payload,
  gid,
  branchId,
  op,
  transType
}: JsonRpcBranchCall): string;

/** One call of a branch by JSON-RPC. */
interface JsonRpcBranchCall extends BranchUrlParameters {
  /** The method of the branch. */
  readonly method: string;
  /** The JSON of an object, or nothing. */
  readonly payload: Uint8Array;
}

/**
 * The members of `object` under their `known` names, which are all in lower case. When the exact name is absent, the
 * last name that differs from it in case only counts. Unknown members may still be there.
 */
declare function knownMembers<Name extends string>(object: JsonObject, known: ReadonlySet<Name>): Partial<Readonly<Record<Name, unknown>>>;

/** The last call of a branch that has ended: what a transaction that still runs is waiting for. */
interface LastAttempt {
  /** The branch: `01`, `02`, … */
  readonly branchId: string;
  /** The op that was called: `action`, `compensate`, … */
  readonly op: string;
  /** The URL that was called, without its query. */
  readonly url: string;
  /** How often the op was called so far. */
  readonly attemptCount: number;
  /** When the call began, as RFC 3339 text. */
  readonly at: string;
  /** What the call came to: `success`, `failure`, `ongoing` or `unknown`. */
  readonly outcome: string;
  /** What was seen, for people; empty on success. */
  readonly detail: string;
  /** When the coordinator looks at the transaction again, as RFC 3339 text; absent where nothing is planned. */
  readonly nextAt?: string;
}

/** The last attempt in the words of the wire, with what may be cut at the end. */
declare function lastAttemptMembersOf(attempt: LastAttempt): Readonly<Record<string, unknown>>;

/**
 * The error of every Lockstep package: a code from a closed set, and a sentence for people.
 *
 * `instanceof` knows it, and its subclasses here, across copies of a package in one process.
 */
declare class LockstepError extends Error {
  /** The name of the class. */
  readonly name: string;
  /** What kind of refusal it is: decide by this, and never by the message. `CODES` explains each. */
  readonly code: Code;
  /** The gid of the global transaction that the error is about; undefined where it is about none. */
  readonly gid: string | undefined;
  /** The status of that transaction; undefined where it is not known. */
  readonly status: string | undefined;
  /** Why the transaction is rolled back; undefined where it is not, or where that is not known. */
  readonly reason: string | undefined;
  /** The answer of the branch that refused; undefined where no branch did, or where that is not known. */
  readonly refusal: Refusal | undefined;
  /** The last call of a branch; undefined for every code but `ongoing`, and before the first call has ended. */
  readonly lastAttempt: LastAttempt | undefined;
  /** Makes an error. `message` is the sentence alone: it goes over the wire as it is, and `code` goes beside it. */
  constructor(code: Code, message: string, options?: LockstepErrorOptions);
}

/** What a `LockstepError` knows beside its code and its sentence. Default of each: not known. */
interface LockstepErrorOptions {
  /** The error that led to this one. It is for logs, and is never sent to a caller. */
  readonly cause?: unknown;
  /** The gid of the global transaction that the error is about. */
  readonly gid?: string;
  /** The status of that transaction. */
  readonly status?: string;
  /** Why the transaction is rolled back, where it is. */
  readonly reason?: string;
  /** The answer of the branch that refused, where one did. */
  readonly refusal?: Refusal;
  /** The last call of a branch, for code `ongoing`. */
  readonly lastAttempt?: LastAttempt;
}

/**
 * The gRPC message for `request`. It has no field for `protocol`, which is always gRPC here, and none for
 * `options.concurrent`, which only transactions of the mode `msg` read.
 */
declare function messageOfRequest(request: TransactionRequest): DtmRequest;

/** The branch, in the metadata of a gRPC branch call. */
declare const META_BRANCH_ID = "dtm-branch_id";

/** The coordinator's address for the branch to use, in that metadata; empty when the coordinator itself calls. */
declare const META_DTM = "dtm-dtm";

/** Lockstep's own: the code and the data of a gRPC branch's refusal, as JSON in a trailer. */
declare const META_FAILURE = "lockstep-failure-bin";

/** The gid, in the metadata of a gRPC branch call (protocol 4.3). */
declare const META_GID = "dtm-gid";

/** The op, in the metadata of a gRPC branch call. */
declare const META_OP = "dtm-op";

/** The mode, in the metadata of a gRPC branch call. */
declare const META_TRANS_TYPE = "dtm-trans_type";

/** Why `name` cannot be the key of text in gRPC metadata, as the end of a sentence; undefined when it can. */
declare function metadataKeyProblem(name: string): string | undefined;

/** What a `msg` has in its `custom_data` (protocol 5.4). */
interface MsgCustomData {
  /** How long after its submit the first action may be called, in whole seconds; 0: at once. */
  readonly delayS: number;
}

/** `value` as an object; `what` names it in errors. @throws LockstepError `invalid_argument` */
declare function objectOf(value: unknown, what: string): JsonObject;

/** How many characters of an answer without a known meaning are kept: enough to recognise an error page. */
declare const OUTCOME_CAUSE_CHARACTERS_MAX = 1000;

/** Reads the status of a gRPC branch: ABORTED is failure, FAILED_PRECONDITION ongoing (protocol 4.5). */
declare function outcomeOfGrpc({
  code,
  message,
  failureJson
}: GrpcAnswer): BranchOutcome;

/** Reads the answer of an HTTP branch: 2xx success, 409 failure, 425 ongoing, and the body's own `dtm_result`. */
declare function outcomeOfHttp(answer: HttpAnswer, options?: HttpOutcomeOptions): BranchOutcome;

/**
 * Reads the answer of a branch that was called by JSON-RPC: first as that of any HTTP branch, and then, where that is a
 * success, the `error` in the body. A body that is no JSON object proves nothing, and is unknown.
 */
declare function outcomeOfJsonRpc(answer: HttpAnswer, options?: HttpOutcomeOptions): BranchOutcome;

/** Reads the HTTP body of registerBranch, whose members are all texts. @throws LockstepError `invalid_argument` */
declare function parseBranchRegistration(body: string): BranchRegistration;

/** The detail in a header; nothing where there is no header, or what is in it cannot be read. */
declare function parseErrorDetail(header: string | undefined): ErrorDetail;

/** The code and the data in `json`; neither where `json` is none. */
declare function parseFailureJson(json: string): FailureDetail;

/** Parses any JSON text; `what` names the text in errors. @throws LockstepError `invalid_argument` */
declare function parseJson(text: string, what: string): unknown;

/**
 * Reads the `custom_data` of a `msg`; an empty text and `null` mean no delay.
 * @throws LockstepError `invalid_argument`
 */
declare function parseMsgCustomData(customData: string): MsgCustomData;

/**
 * Reads the `custom_data` of a saga; an empty text and `null` mean one action after the other. It does not check whether
 * the steps exist, or wait for each other in a circle: the caller, who knows the steps, does.
 * @throws LockstepError `invalid_argument`
 */
declare function parseSagaCustomData(customData: string): SagaCustomData;

/**
 * Reads the HTTP body of prepare, submit, abort and the like (dtm's TransGlobal, protocol 1.3). Like dtm it takes nulls
 * and unknown members, because clients send them; unlike dtm it takes no value of a wrong type.
 * @throws LockstepError `invalid_argument`
 */
declare function parseTransGlobal(body: string): TransactionRequest;

/** Reads the `custom_data` of a workflow. @throws LockstepError `invalid_argument` */
declare function parseWorkflowCustomData(customData: string): WorkflowCustomData;

/** A workflow and what its steps have come to, as the gRPC door answers them (protocol 2.1). */
declare function progressesOf({
  branches,
  transaction
}: TransactionView): DtmProgressesReply;

/**
 * Somebody else's text, to stand in a sentence: cut, and written as a JSON string, so that control characters can be
 * seen and do no harm in a log. An ellipsis says that it was cut.
 */
declare function quotedText(text: string): string;

/** Why a transaction is rolled back, where a branch refused. */
interface Refusal {
  /** The branch that refused: `01`, `02`, …; empty where the coordinator does not tell. */
  readonly branchId: string;
  /** The op that refused: `action`, …; empty where the coordinator does not tell. */
  readonly op: string;
  /** The URL that was called, without its query. */
  readonly url: string;
  /** The branch's sentence: what its `Failure` says. */
  readonly message: string;
  /** The whole answer of the branch, as text. A coordinator cuts a long one. */
  readonly body: string;
  /** The branch's own word for why it refuses, where it gave one. */
  readonly code?: string;
  /** What the branch told beside the code, where it did: any JSON value. */
  readonly data?: unknown;
}

/** What a reason in dtm's words tells about the refusal; undefined for a reason that is no branch's. */
declare function refusalOfReason(reason: string): Omit<Refusal, "branchId" | "op"> | undefined;

/** The name of what one of the modes asks for in a registration. */
type RegistrationField = "confirm" | "cancel" | "url" | "op" | "status";

/** The registration in a gRPC message. */
declare function registrationOfMessage({
  Gid,
  TransType,
  BranchID,
  BusiPayload,
  Data
}: DtmBranchRequest): BranchRegistration;

/** The same in the `params` of a JSON-RPC request, with the gid as it is. @throws LockstepError `invalid_argument` */
declare function registrationOfParams(params: JsonObject): BranchRegistration;

/** The request that a gRPC message holds. @throws LockstepError `invalid_argument` for a number out of range */
declare function requestOfMessage(message: DtmRequest): TransactionRequest;

/** How a transaction is run, as on the wire: times are whole seconds, and 0 means "not set". */
interface RequestOptions {
  /** Whether submit answers only when the transaction has its result. */
  readonly waitResult: boolean;
  /** A transaction that has not succeeded within this time is rolled back. */
  readonly timeoutToFailS: number;
  /** How long one branch call may take. */
  readonly requestTimeoutS: number;
  /** The pause before a branch is asked again. */
  readonly retryIntervalS: number;
  /** After so many retries of an action the transaction is rolled back. */
  readonly retryLimit: number;
  /** Sent with every branch call, as HTTP headers or gRPC metadata. */
  readonly branchHeaders: Readonly<Record<string, string>>;
  /** Whether branches are called at the same time. A saga has this in its `custom_data` instead. */
  readonly concurrent: boolean;
}

/** One step of a request: the branch URLs of its two ops. */
interface RequestStep {
  /** The URL of the action. */
  readonly action: string;
  /** The URL of the compensation; empty where there is nothing to undo. */
  readonly compensate: string;
}

/** The words by which a text says that it is not a success. */
type ResultWord = "FAILURE" | "ONGOING";

/** In which order the actions of a saga may run: what a saga has in its `custom_data` (protocol 5.2). */
interface SagaCustomData {
  /** Whether actions run as soon as `orders` allows, and not one after the other. */
  readonly concurrent: boolean;
  /** `orders[step]` lists the steps (from 0) that must have succeeded before that step's action starts. */
  readonly orders: Readonly<Record<number, readonly number[]>>;
}

/** The `custom_data` of a saga; empty for one action after the other. */
declare function sagaCustomDataOf({
  concurrent,
  orders
}: SagaCustomData): string;

/** A reason as people may see it: the URL in it is without its query. */
declare function shownReason(reason: string): string;

/**
 * A URL as people may see it: without its query and its fragment. A query may hold a token, and a reason, a list or an
 * error is read by more people than the service that the token is for.
 */
declare function shownUrl(url: string): string;

/** The parts of `host:port`; undefined when `text` is not of that form. */
declare function splitAddress(text: string): Address | undefined;

/**
 * Splits a gRPC branch URL as dtm's default driver and its go-zero driver do (protocol 9.2).
 *
 * It does not use `URL`, which refuses the several hosts of `etcd://h1:2379,h2:2379/…`.
 * @throws LockstepError `invalid_argument`
 */
declare function splitGrpcUrl(url: string): GrpcUrl;

/**
 * Takes an `http(s)://` URL apart, or says why nobody can call it.
 *
 * It does not use `URL` for the path, because `URL` rewrites paths (`/a/../b`), and a service signs and matches the path
 * as it was given.
 */
declare function splitHttpUrl(url: string): HttpUrl | HttpUrlFault;

/** How a transaction is submitted. */
interface SubmitOptions extends CallOptions {
  /** How many milliseconds to wait for the result at most. Default: the coordinator's own limit, which a longer wait cannot pass. */
  readonly waitMs?: number;
}

/** The modes of a global transaction that dtm's clients know; a coordinator may drive fewer. */
declare const TRANS_TYPES: readonly ["saga", "tcc", "msg", "xa", "workflow"];

/** A request about one global transaction, whatever door it comes through: parsed, and not yet checked for sense. */
interface TransactionRequest {
  /** The gid of the transaction. */
  readonly gid: string;
  /** The mode: one of `TRANS_TYPES`. */
  readonly transType: string;
  /** How branches without an `http(s)://` URL are called. */
  readonly protocol: "http" | "grpc" | "json-rpc";
  /** The steps, in their order. */
  readonly steps: readonly RequestStep[];
  /** The payloads, in the order of the steps. The `steps[].data` of old clients follow at the end (protocol 1.3). */
  readonly payloads: readonly Uint8Array[];
  /** The URL that a coordinator asks about a prepared `msg`; empty where there is none. */
  readonly queryPrepared: string;
  /** Settings of the mode, as JSON; empty where there are none. */
  readonly customData: string;
  /** Why the transaction is to be rolled back; for abort. */
  readonly rollbackReason: string;
  /** Members of the client's own, by name. */
  readonly reqExtra: Readonly<Record<string, string>>;
  /** How the transaction is run. */
  readonly options: RequestOptions;
}

/** What `query` answers, in the wire's own words (protocol 1.7). */
interface TransactionView {
  /** The transaction. */
  readonly transaction: {
    /** The gid. */readonly gid: string; /** The mode: one of `TRANS_TYPES`. */
    readonly trans_type: string; /** The status: one of `GLOBAL_STATUSES`. */
    readonly status: string; /** Why the transaction is rolled back, where it is. */
    readonly rollback_reason?: string; /** Whatever else the coordinator tells. */
    readonly [member: string]: unknown;
  };
  /** One entry for each op of each branch. */
  readonly branches: readonly BranchView[];
}

/** The HTTP body for `request`, without the members that are not set. */
declare function transGlobalOf(request: TransactionRequest): string;

/**
 * Reads the same from the `params` of a JSON-RPC request, which are an object already. The gid stays as it is: dtm takes
 * characters out of it over HTTP alone.
 * @throws LockstepError `invalid_argument`
 */
declare function transGlobalOfParams(params: JsonObject): TransactionRequest;

/** The mode of a global transaction. */
type TransType$1 = (typeof TRANS_TYPES)[number];

/**
 * `text` with ` FAILURE` (or ` ONGOING`) at its end: dtm's clients look for the word in messages and reasons
 * (protocol 0.3). A text that ends so already stays as it is, but for white space after the word.
 */
declare function withResultWord(text: string, word: ResultWord): string;

/** What a workflow has in its `custom_data` (protocol 1.8). */
interface WorkflowCustomData {
  /** The name under which the caller registered the workflow's code; never empty. */
  readonly name: string;
  /** The input of the workflow. */
  readonly data: Uint8Array;
}
