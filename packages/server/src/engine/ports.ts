/**
 * What the engine needs from the world. Each port is as small as the engine's need; adapters live elsewhere
 * and no third-party type appears here.
 */
import type {
  Branch,
  BranchOutcome,
  BranchProtocol,
  Definition,
  EpochMs,
  Gid,
  Op,
  Progress,
  Status,
  Transaction,
  TransType,
} from "../transaction/model.ts";
import type { UnreadableRecord } from "./answers.ts";
import type { EngineEvent } from "./events.ts";

/**
 * Spans of time, and a way to be called later. All of it is monotonic: nobody can set this clock. Instants come from
 * the store (`Store.now`).
 */
export interface Clock {
  /** Milliseconds since some moment of this process; never goes back. */
  elapsedMs(): number;
  /** Calls `wake` once, `delayMs` from now at the earliest. The function that is returned cancels that. */
  schedule(delayMs: number, wake: () => void): () => void;
  /** Calls `wake` once, after everything that has arrived already was handled. */
  soon(wake: () => void): void;
}

/** The instant by a clock that somebody may set: the machine's clock, for stores that have no clock of their own. */
export interface WallClock {
  now(): EpochMs;
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
  readonly op: Op;
  /** Never empty: an op with an empty URL succeeds without a call. */
  readonly url: string;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Until the whole answer is here. */
  readonly timeoutMs: number;
}

/** Calls branches over the network. */
export interface BranchCaller {
  /**
   * Never throws. A call that cannot be made, or that `signal` cuts short, is `unknown`. `notCalled`: the call waited
   * in vain for something inside this coordinator, and sent nothing to the branch.
   */
  call(call: BranchCall, options: { readonly signal: AbortSignal }): Promise<BranchOutcome | NotCalled>;
  /** The service behind a branch URL: calls of one destination share its turns (I9). Cheap, and asked for each call. */
  destinationOf(url: string, protocol: BranchProtocol): string;
  /** Calls `listener` with each destination of which discovery finds an instance. Without it, nobody is told. */
  onFound?(listener: (destination: string) => void): void;
}

export interface NotCalled {
  readonly kind: "notCalled";
}

/** How a store differs from others. */
export interface StoreTraits {
  /**
   * Only one coordinator can have the store open. The store therefore ignores leases that an earlier process left
   * behind, and no other coordinator can take over what this one drives.
   */
  readonly exclusive: boolean;
  /** How many calls of `write` may run at the same time. */
  readonly flushesMax: number;
}

/** What a transaction waits for: its open op with the most calls in a row that had no clear answer. */
export interface WaitsFor {
  readonly branchId: string;
  readonly op: Op;
  /** The service, in the words of `BranchCaller.destinationOf`; empty where the URL can never be called. */
  readonly destination: string;
  readonly attemptCount: number;
  /** What the last call came to, and its detail. */
  readonly outcome: BranchOutcome["kind"];
  readonly detail: string;
  /** When it is called next; null while a call is out, and when the transaction is parked. */
  readonly nextAt: EpochMs | null;
}

/** A transaction as a store holds it. */
export interface StoredTransaction extends Transaction {
  /** As of the last write; absent where it waits for no answer. */
  readonly waitsFor?: WaitsFor;
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
      /** Only when the definition itself changes (submit of a prepared transaction). */
      readonly definition?: Definition;
      /** Branches to add behind the stored ones, which are never changed or taken away. */
      readonly registered?: readonly Branch[];
      /** Replaces what is stored; absent: it waits for no answer. */
      readonly waitsFor?: WaitsFor;
      /** Keep (or take) the lease, or let it go. */
      readonly hold: boolean;
      /**
       * Write only when nobody holds the lease, also no owner whose lease has run out: whoever takes over from that
       * owner must learn that it did not let go. For writers that do not hold the lease themselves (I6).
       */
      readonly onlyFree?: boolean;
    };

/**
 * - `stored`: durable, as far as the store promises it.
 * - `exists`: a create whose gid is taken; nothing changed.
 * - `conflict`: an update whose version has moved on, or whose gid is gone; nothing changed.
 * - `held`: an update with `onlyFree` whose version is right and whose lease somebody holds; nothing changed.
 */
export type WriteResult = "stored" | "exists" | "conflict" | "held";

/** Who holds a lease, and for how long from the store's now. */
export interface LeaseTerms {
  readonly owner: string;
  readonly leaseMs: number;
}

export interface ClaimedTransaction extends StoredTransaction {
  /** The last holder did not let go: nobody knows what that holder did since its last write. */
  readonly abandoned: boolean;
}

/** Which due transactions are taken. */
export interface ClaimDue extends LeaseTerms {
  readonly limit: number;
  /** At most so many bytes of content are claimed together; one transaction is claimed even when it is larger. */
  readonly bytesMax: number;
  /** Whether the claimant drives this gid now. It claims nothing that it drives, however old that lease looks. */
  isDrivenHere(gid: Gid): boolean;
}

export interface Claims {
  /** Now leased to the claimant, oldest `nextRunAt` first; `version` is the one after the claim. */
  readonly claimed: readonly ClaimedTransaction[];
  /** Due and leased as `claimed` are, but not readable. The lease keeps them out of claims until it runs out. */
  readonly unreadable: readonly UnreadableRecord[];
  /** The earliest instant at which one of the rest is due and free; null when none of them is due at any time. */
  readonly nextDueAt: EpochMs | null;
}

/** A page of transactions, newest first. All filters are equalities or bounds, and all of them hold. */
export interface ListQuery {
  readonly status?: Status;
  readonly transType?: string;
  /** Whether it is parked. */
  readonly parked?: boolean;
  /** The destination that it waits for. */
  readonly destination?: string;
  /** What its gid begins with. */
  readonly gidPrefix?: string;
  /** `createdAt` at or after. */
  readonly createdFrom?: EpochMs;
  /** `createdAt` at or before. */
  readonly createdTo?: EpochMs;
  /** Only ids below: the `nextBeforeId` of the page before. */
  readonly beforeId?: number;
  readonly limit: number;
  /** The page ends early when its rows have more bytes than this together. */
  readonly bytesMax: number;
}

/** A transaction without its branches and their ops: what a list shows. */
export interface TransactionSummary {
  readonly id: number;
  readonly version: number;
  readonly definition: Definition;
  readonly progress: Omit<Progress, "branches">;
  /** As of the last write; absent where it waits for no answer. */
  readonly waitsFor?: WaitsFor;
}

/** What a list came to. */
export interface Listed {
  readonly found: readonly TransactionSummary[];
  /** Left out of `found`: the list of the others still helps a person who looks for a fault. */
  readonly unreadable: readonly UnreadableRecord[];
  /** Where the next page begins; null when there is none. */
  readonly nextBeforeId: number | null;
}

/**
 * Keeps global transactions. Every method rejects when the store cannot be reached. `load` and `claim` reject with
 * `UnreadableRecord` when the record exists and cannot be read. Such a record keeps no other from being claimed or
 * listed (I9).
 *
 * When a record's `updatedAt` is more than `CLOCK_STEP_MS_MIN` ahead of `now`, the store's clock was set back after the
 * record was written. Such a record counts as due, however late its `nextRunAt` is, unless that is null.
 */
export interface Store {
  readonly traits: StoreTraits;
  /** The instant by the store's clock, as well as it is known here. All instants that are stored come from it. */
  now(): EpochMs;
  /**
   * One flush: answers, write by write and in their order, once everything `stored` is durable. Rejects with
   * `UnwritableContent` when it stored nothing, because the store cannot keep what one of the writes holds.
   */
  write(writes: readonly Write[], terms: LeaseTerms): Promise<readonly WriteResult[]>;
  load(gid: Gid): Promise<StoredTransaction | undefined>;
  list(query: ListQuery): Promise<Listed>;
  /** Leases transactions with `nextRunAt` due whose lease is free or has run out. */
  claimDue(claim: ClaimDue): Promise<Claims>;
  /** Leases one transaction that is not final, due or not; "held" when another owner's lease on it is running. */
  claim(claim: LeaseTerms & { readonly gid: Gid }): Promise<ClaimedTransaction | "held" | undefined>;
  /** Extends leases; answers the gids still held by `owner`, the others are lost to it. */
  renew(terms: LeaseTerms & { readonly gids: readonly Gid[] }): Promise<readonly Gid[]>;
  /** Deletes up to `limit` transactions that finished before `finishedBefore`; answers how many. */
  deleteFinished(bounds: { readonly finishedBefore: EpochMs; readonly limit: number }): Promise<number>;
  /** Resolves when the store can be read and written. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The log: a part of the server says what happened, in sentences. Fields never hold payloads or headers. */
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
  /** Called with each event at the moment when it happens. Must neither throw nor take long. */
  observe(event: EngineEvent): void;
}
