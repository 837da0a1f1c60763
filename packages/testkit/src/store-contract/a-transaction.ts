import type { ClaimedTransaction, StoredTransaction, Write } from "../../../server/src/engine/ports.ts";
import type {
  Definition,
  EpochMs,
  Gid,
  OpProgress,
  Progress,
  Step,
  Transaction,
} from "../../../server/src/transaction/model.ts";

/** Every gid of a test run is another one. */
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

/** A saga of one step; `steps` gives it others. */
export function aDefinition(changes: Partial<Definition> = {}): Definition {
  return {
    gid: aGid(),
    transType: "saga",
    protocol: "http",
    steps: [aStep()],
    concurrent: false,
    orders: {},
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

export function aStep(changes: Partial<Step> = {}): Step {
  return {
    action: "http://a.test/do",
    compensate: "http://a.test/undo",
    payload: new Uint8Array(),
    ...changes,
  };
}

/** Submitted, with nothing called and nobody asked to look at it again: `nextRunAt` is null unless given. */
export function aProgress(changes: Partial<Progress> = {}): Progress {
  return {
    status: "submitted",
    steps: [{ action: UNTOUCHED_OP, compensate: UNTOUCHED_OP }],
    submittedAt: CREATED_AT,
    updatedAt: CREATED_AT,
    finishedAt: null,
    nextRunAt: null,
    parkedAt: null,
    parkedReason: "",
    reason: "",
    retryCount: 0,
    forcedBy: null,
    ...changes,
  };
}

/** A definition with a progress that has as many steps. */
export function aTransaction(
  changes: { readonly definition?: Partial<Definition>; readonly progress?: Partial<Progress> } = {},
): Transaction {
  const definition = aDefinition(changes.definition);
  const steps = definition.steps.map(() => ({ action: UNTOUCHED_OP, compensate: UNTOUCHED_OP }));
  return { definition, progress: aProgress({ steps, ...changes.progress }) };
}

/** A creation; it leaves the lease free unless told to hold it. */
export function creationOf(transaction: Transaction, { hold = false } = {}): Write {
  return { kind: "create", transaction, hold };
}

/** An update of what is stored under `gid`; it lets the lease go unless told to hold it. */
export function updateOf(
  { gid, expectedVersion }: { readonly gid: Gid; readonly expectedVersion: number },
  {
    hold = false,
    definition,
    ...progress
  }: Partial<Progress> & { readonly hold?: boolean; readonly definition?: Definition } = {},
): Write {
  return {
    kind: "update",
    gid,
    expectedVersion,
    progress: aProgress(progress),
    hold,
    ...(definition === undefined ? {} : { definition }),
  };
}

/** The gids of what a store answered, in its order. */
export function gidsOf(stored: readonly (StoredTransaction | ClaimedTransaction)[]): readonly Gid[] {
  return stored.map(({ definition }) => definition.gid);
}
