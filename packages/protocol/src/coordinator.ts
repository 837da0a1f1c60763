import type { TransactionRequest } from "./request.ts";

/** A coordinator as its callers see it: over HTTP, over gRPC, or in the same process. */
export interface Coordinator {
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

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface SubmitOptions extends CallOptions {
  /** How long to wait for the result at most. Default: the coordinator's own limit, which also caps it. */
  readonly waitMs?: number;
}

/** What `query` answers, in the wire's own words (protocol 1.7). */
export interface TransactionView {
  readonly transaction: {
    readonly gid: string;
    readonly trans_type: string;
    readonly status: string;
    readonly rollback_reason?: string;
    readonly [member: string]: unknown;
  };
  readonly branches: readonly BranchView[];
}

export interface BranchView {
  readonly branch_id: string;
  readonly op: string;
  readonly status: string;
  readonly url?: string;
  /** Base64. */
  readonly bin_data?: string;
  readonly [member: string]: unknown;
}
