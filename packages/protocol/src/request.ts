/** A request about one global transaction, whatever door it comes through. Parsed, not yet judged. */
export interface TransactionRequest {
  /** The id of the global transaction; the caller chooses it, or asks the coordinator for one. */
  readonly gid: string;
  /** The mode: `saga`, `tcc`, `msg`, `xa` or `workflow`. */
  readonly transType: string;
  /** How branches are called whose URL does not say it. */
  readonly protocol: "http" | "grpc" | "json-rpc";
  /** The branches that are known from the start. */
  readonly steps: readonly RequestStep[];
  /** In the order of the steps; `steps[].data` of old clients is appended (protocol 1.3). */
  readonly payloads: readonly Uint8Array[];
  /** Where the coordinator asks what became of a prepared message; for a workflow, where it calls back. */
  readonly queryPrepared: string;
  /** What the mode wants to know beside the steps: of a saga, the order of its steps. */
  readonly customData: string;
  /** Why an abort is asked for. */
  readonly rollbackReason: string;
  /** Texts by name that a client sends beside all that. */
  readonly reqExtra: Readonly<Record<string, string>>;
  /** How it is run. */
  readonly options: RequestOptions;
}

/** The URLs of one branch. */
export interface RequestStep {
  /** Called to do the work. */
  readonly action: string;
  /** Called to undo it; empty when there is nothing to undo. */
  readonly compensate: string;
}

/** Times in whole seconds, as on the wire; 0 means "not set". */
export interface RequestOptions {
  /** Whether a submit waits until the transaction has succeeded or failed. */
  readonly waitResult: boolean;
  /** A transaction that has not succeeded within this time is rolled back, where its mode allows it. */
  readonly timeoutToFailS: number;
  /** How long one call of a branch may take. */
  readonly requestTimeoutS: number;
  /** The first delay before an op is asked again, and the interval while a branch answers ONGOING. */
  readonly retryIntervalS: number;
  /** How many times an op may be asked again. */
  readonly retryLimit: number;
  /** Sent with every call of a branch, as headers or as metadata. */
  readonly branchHeaders: Readonly<Record<string, string>>;
  /** Top level `concurrent`; a saga reads `custom_data.concurrent` instead. */
  readonly concurrent: boolean;
}
