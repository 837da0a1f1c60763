/** A request about one global transaction, whatever door it comes through. Parsed, not yet judged. */
export interface TransactionRequest {
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

export interface RequestStep {
  readonly action: string;
  readonly compensate: string;
}

/** Times in whole seconds, as on the wire; 0 means "not set". */
export interface RequestOptions {
  readonly waitResult: boolean;
  readonly timeoutToFailS: number;
  readonly requestTimeoutS: number;
  readonly retryIntervalS: number;
  readonly retryLimit: number;
  readonly branchHeaders: Readonly<Record<string, string>>;
  /** Top level `concurrent`; a saga reads `custom_data.concurrent` instead. */
  readonly concurrent: boolean;
}
