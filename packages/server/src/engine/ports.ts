/**
 * What the engine needs from the world. Each port is as small as the engine's need; adapters live elsewhere
 * and no third-party type appears here.
 */
import type {
  BranchOutcome,
  BranchProtocol,
  Definition,
  EpochMs,
  Gid,
  Progress,
  SagaOp,
  Status,
  Transaction,
  TransType,
} from "../transaction/model.ts";
import type { UnreadableRecord } from "./answers.ts";

/** The time, and a way to be called later. */
export interface Clock {
  now(): EpochMs;
  /** Calls `wake` once, `delayMs` from now at the earliest; the answer takes it back. */
  schedule(delayMs: number, wake: () => void): () => void;
  /** Calls `wake` once, when everything that has already arrived has been taken in. */
  soon(wake: () => void): void;
}

/** A draw from [0, 1). */
export type Random = () => number;

/** Makes a gid that nobody else makes. */
export type NewGid = () => Gid;

/** One call of one op of one branch. */
export interface BranchCall {
  readonly gid: Gid;
  readonly transType: TransType;
  readonly protocol: BranchProtocol;
  readonly branchId: string;
  readonly op: SagaOp;
  /** Never empty: an empty URL succeeds without a call, which is decided before. */
  readonly url: string;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Until the whole answer is here. */
  readonly timeoutMs: number;
}

/** Calls branches over the network. */
export interface BranchCaller {
  /**
   * Never throws: what cannot be called, or is cut short by `signal`, is `unknown`. `not called`: the call waited for
   * something of this coordinator's own in vain, and nothing left for the branch.
   */
  call(call: BranchCall, options: { readonly signal: AbortSignal }): Promise<BranchOutcome | NotCalled>;
}

export interface NotCalled {
  readonly kind: "not called";
}

/** How a store differs from others. */
export interface StoreTraits {
  /** Shown to people: "memory", "sqlite". */
  readonly name: string;
  /**
   * Only one coordinator can have it open, so leases that an earlier process left behind are void at start
   * and its transactions are taken over at once.
   */
  readonly exclusive: boolean;
  /** What was answered "stored" survives the death of the process. */
  readonly durable: boolean;
}

/** A transaction as a store holds it. */
export interface StoredTransaction extends Transaction {
  /** Counts up in the order of creation; dtm's `id`. */
  readonly id: number;
  /** 1 when created; every write and every claim adds one. */
  readonly version: number;
}

/** One change. Each is judged on its own, whatever else is in the same flush. */
export type Write =
  | {
      readonly kind: "create";
      readonly transaction: Transaction;
      /** Take the lease with it, or leave it free. */
      readonly hold: boolean;
    }
  | {
      readonly kind: "update";
      readonly gid: Gid;
      /** Compare-and-set: written only over this version, which becomes `expectedVersion + 1`. */
      readonly expectedVersion: number;
      readonly progress: Progress;
      /** Only where the definition itself changes (submit of a prepared transaction). */
      readonly definition?: Definition;
      /** Keep (or take) the lease, or let it go. */
      readonly hold: boolean;
    };

/**
 * - `stored`: durable, as far as the store's traits say.
 * - `exists`: a create whose gid is taken; nothing changed.
 * - `conflict`: an update whose version has moved on, or whose gid is gone; nothing changed.
 */
export type WriteResult = "stored" | "exists" | "conflict";

/** Who holds a lease, and for how long from the store's now. */
export interface LeaseTerms {
  readonly owner: string;
  readonly leaseMs: number;
}

export interface ClaimedTransaction extends StoredTransaction {
  /** Its last holder did not let it go: what that one did since its last write is not known. */
  readonly abandoned: boolean;
}

export interface Claims {
  /** Now leased to the claimant, oldest `nextRunAt` first; `version` is the one after the claim. */
  readonly claimed: readonly ClaimedTransaction[];
  /** Due as well, and leased like the claimed: they come round again after it, and hold up nobody until then. */
  readonly unreadable: readonly UnreadableRecord[];
  /** When the next one that was not claimed can be: the earliest of (due and free) among the rest. */
  readonly nextDueAt: EpochMs | null;
}

/** A page of transactions, newest first. All filters are equalities or bounds, and all of them hold. */
export interface ListQuery {
  readonly status?: Status;
  readonly transType?: string;
  /** `createdAt` at or after. */
  readonly createdFrom?: EpochMs;
  /** `createdAt` at or before. */
  readonly createdTo?: EpochMs;
  /** Only ids below: the `id` of the last row of the page before. */
  readonly beforeId?: number;
  readonly limit: number;
}

/** What a list came to. */
export interface Listed {
  /** As many as the limit, as long as there are more that can be read. */
  readonly found: readonly StoredTransaction[];
  /** Left out of `found`: a list of the others helps whoever looks for what is wrong. */
  readonly unreadable: readonly UnreadableRecord[];
}

/**
 * Keeps global transactions. Every method rejects when the store cannot be reached; `load` and `claim` reject with
 * `UnreadableRecord` where the one they are asked for is there and cannot be read. One that cannot be read spoils
 * nothing else (I9).
 */
export interface Store {
  readonly traits: StoreTraits;
  /** One flush: answers, write by write and in their order, once everything `stored` is durable. */
  write(writes: readonly Write[], terms: LeaseTerms): Promise<readonly WriteResult[]>;
  load(gid: Gid): Promise<StoredTransaction | undefined>;
  list(query: ListQuery): Promise<Listed>;
  /**
   * Leases up to `limit` transactions with `nextRunAt` due whose lease is free or has run out.
   * `ignoreLeases` first ends the leases of all other owners, for a store that is `exclusive`: they are dead.
   */
  claimDue(claim: LeaseTerms & { readonly limit: number; readonly ignoreLeases: boolean }): Promise<Claims>;
  /** Leases one transaction that is not final, due or not; "held" when another owner's lease on it is running. */
  claim(
    claim: LeaseTerms & { readonly gid: Gid; readonly ignoreLeases: boolean },
  ): Promise<ClaimedTransaction | "held" | undefined>;
  /** Extends leases; answers the gids still held by `owner`, the others are lost to it. */
  renew(terms: LeaseTerms & { readonly gids: readonly Gid[] }): Promise<readonly Gid[]>;
  /** Deletes up to `limit` final transactions that finished before; answers how many. */
  deleteFinished(bounds: { readonly finishedBefore: EpochMs; readonly limit: number }): Promise<number>;
  /** Resolves when the store can be read and written. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Where the engine says what happened. Fields never hold payloads or headers. */
export interface EngineLog {
  /** Something went as it should. */
  info(event: string, fields: Readonly<Record<string, string | number>>): void;
  /** Somebody should look at this: it works, but not as well as it could. */
  warn(event: string, fields: Readonly<Record<string, string | number>>): void;
  /** Something failed; `cause` is what was thrown. */
  error(event: string, fields: Readonly<Record<string, string | number>>, cause: unknown): void;
}

/** Everything the engine asks of the world. */
export interface Ports {
  readonly store: Store;
  readonly branches: BranchCaller;
  readonly clock: Clock;
  readonly random: Random;
  readonly newGid: NewGid;
  readonly log: EngineLog;
}
