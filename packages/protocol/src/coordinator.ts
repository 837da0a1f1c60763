import type { TransactionRequest } from "./request.ts";

/** A coordinator as its callers see it: over HTTP, over gRPC, or in the same process. */
export interface Coordinator {
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

/** How one call of a coordinator is made. */
export interface CallOptions {
  /** Ends the call, which then rejects with the signal's reason. The coordinator may have heard the call all the same. */
  readonly signal?: AbortSignal;
}

/** How a transaction is submitted. */
export interface SubmitOptions extends CallOptions {
  /** How many milliseconds to wait for the result at most. Default: the coordinator's own limit, which a longer wait cannot pass. */
  readonly waitMs?: number;
}

/** What `query` answers, in the wire's own words (protocol 1.7). */
export interface TransactionView {
  /** The transaction. */
  readonly transaction: {
    /** The gid. */
    readonly gid: string;
    /** The mode: one of `TRANS_TYPES`. */
    readonly trans_type: string;
    /** The status: one of `GLOBAL_STATUSES`. */
    readonly status: string;
    /** Why the transaction is rolled back, where it is. */
    readonly rollback_reason?: string;
    /** Whatever else the coordinator tells. */
    readonly [member: string]: unknown;
  };
  /** One entry for each op of each branch. */
  readonly branches: readonly BranchView[];
}

/** One op of one branch in what `query` answers. */
export interface BranchView {
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
