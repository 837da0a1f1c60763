import type { TransactionSummary, WaitsFor, Write } from "../../../server/src/engine/ports.ts";
import {
  type Branch,
  type BranchProgress,
  branchIdOf,
  type Definition,
  type EpochMs,
  type Gid,
  type OpProgress,
  type Progress,
  type Transaction,
} from "../../../server/src/transaction/model.ts";
import { TRANS_TYPES } from "../../../server/src/transaction/modes.ts";

/** Stores know no modes, so any mode will do. */
export const A_TRANS_TYPE = TRANS_TYPES[0] ?? "";

/** Makes every gid of a test run different. */
let gidCount = 0;

/** A gid that no other call makes. */
export function aGid(): Gid {
  gidCount += 1;
  return `gid-${gidCount}` as Gid;
}

export const UNTOUCHED_OP: OpProgress = {
  status: "prepared",
  inFlight: false,
  mayHaveRun: false,
  attemptCount: 0,
  unknownCount: 0,
  attempts: [],
  retryAt: null,
  finishedAt: null,
};

const CREATED_AT = Date.UTC(2026, 0, 1) as EpochMs;

/** A definition without branches. */
export function aDefinition(changes: Partial<Definition> = {}): Definition {
  return {
    gid: aGid(),
    transType: A_TRANS_TYPE,
    protocol: "http",
    concurrent: false,
    settings: { orders: {} },
    options: {
      timeoutToFailMs: 0,
      requestTimeoutMs: 0,
      retryIntervalMs: 0,
      retryLimit: 0,
      branchHeaders: {},
      waitResult: false,
    },
    customData: "",
    createdAt: CREATED_AT,
    ...changes,
  };
}

export function aBranch(changes: Partial<Branch> = {}): Branch {
  return {
    id: branchIdOf(0),
    urls: { undo: "http://a.test/undo", do: "http://a.test/do" },
    payload: new Uint8Array(),
    ...changes,
  };
}

/** A submitted progress before any call. `nextRunAt` is null unless given, so no claim takes the transaction. */
export function aProgress(changes: Partial<Progress> = {}): Progress {
  return {
    status: "submitted",
    branches: [{}],
    preparedAt: null,
    submittedAt: CREATED_AT,
    updatedAt: CREATED_AT,
    finishedAt: null,
    nextRunAt: null,
    parkedAt: null,
    parkedReason: "",
    reason: "",
    retryCount: 0,
    forcedBy: null,
    rolledBackBy: null,
    ...changes,
  };
}

/** A transaction with one branch, or with `branches`. No op has been called in its progress. */
export function aTransaction(
  changes: {
    readonly definition?: Partial<Definition>;
    readonly branches?: readonly Branch[];
    readonly progress?: Partial<Progress>;
  } = {},
): Transaction {
  const branches = changes.branches ?? [aBranch()];
  const untouched = branches.map((): BranchProgress => ({}));
  return {
    definition: aDefinition(changes.definition),
    branches,
    progress: aProgress({ branches: untouched, ...changes.progress }),
  };
}

/** What a transaction waits for. */
export function aWait(changes: Partial<WaitsFor> = {}): WaitsFor {
  return {
    branchId: "01",
    op: "do",
    destination: "http://a.test",
    attemptCount: 3,
    outcome: "unknown",
    detail: "HTTP 503: busy",
    nextAt: (CREATED_AT + 5) as EpochMs,
    ...changes,
  };
}

/** A creation; it takes the lease only with `hold`. */
export function creationOf(transaction: Transaction, { hold = false } = {}): Write {
  return { kind: "create", transaction, hold };
}

/** The changes that an update can make. */
export interface UpdateChanges extends Partial<Progress> {
  readonly hold?: boolean;
  readonly onlyFree?: boolean;
  readonly waitsFor?: WaitsFor;
  readonly definition?: Definition;
  readonly registered?: readonly Branch[];
}

/** An update of the transaction `gid`; it lets the lease go unless `hold` is set. */
export function updateOf(
  { gid, expectedVersion }: { readonly gid: Gid; readonly expectedVersion: number },
  { hold = false, onlyFree = false, waitsFor, definition, registered, ...progress }: UpdateChanges = {},
): Write {
  return {
    kind: "update",
    gid,
    expectedVersion,
    progress: aProgress(progress),
    hold,
    ...(onlyFree ? { onlyFree } : {}),
    ...(waitsFor === undefined ? {} : { waitsFor }),
    ...(definition === undefined ? {} : { definition }),
    ...(registered === undefined ? {} : { registered }),
  };
}

/** The gids of transactions that a store answered, in the same order. */
export function gidsOf(stored: readonly Pick<TransactionSummary, "definition">[]): readonly Gid[] {
  return stored.map(({ definition }) => definition.gid);
}
