/** A request about one global transaction, whatever door it comes through: parsed, and not yet checked for sense. */
export interface TransactionRequest {
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

/** One step of a request: the branch URLs of its two ops. */
export interface RequestStep {
  /** The URL of the action. */
  readonly action: string;
  /** The URL of the compensation; empty where there is nothing to undo. */
  readonly compensate: string;
}

/** How a transaction is run, as on the wire: times are whole seconds, and 0 means "not set". */
export interface RequestOptions {
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
