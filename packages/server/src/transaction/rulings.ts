/**
 * What a request may do to a stored transaction, in dtm's words (protocol 1.4). The stored record decides, and a
 * repeated request cannot change it (I7). Modes use `rulePrepare` to `ruleRegister` in their own `rule`;
 * `ruleForceStop` and `ruleRetryNow` are the same for every mode; what else a person may do is in `operator-rulings.ts`.
 */

import type { Registration } from "./decision.ts";
import { BRANCHES_BYTES_MAX, BRANCHES_MAX } from "./limits.ts";
import {
  type Asked,
  type Branch,
  type BranchProgress,
  type Gid,
  isFinal,
  type Op,
  type OpStatus,
  type Progress,
  type Status,
  type Transaction,
} from "./model.ts";
import { opOf } from "./progress.ts";
import { weightOfBranches } from "./weight.ts";

/**
 * - `go`: carry it out.
 * - `done`: it was carried out before; answer as if it had been carried out now.
 * - `refused`: `message` says why.
 */
export type Ruling =
  | { readonly kind: "go" }
  | { readonly kind: "done" }
  | {
      readonly kind: "refused";
      readonly code: "wrong_status" | "gid_conflict" | "invalid_argument" | "unavailable";
      readonly message: string;
      /** The stored status, for `wrong_status`. */
      readonly status?: Status;
    };

const GO: Ruling = { kind: "go" };
const DONE: Ruling = { kind: "done" };

/** May this gid, which is stored already, be prepared? `done` for the same content while it is `prepared`. */
export function rulePrepare(stored: Transaction, asked: Asked): Ruling {
  const { status } = stored.progress;
  if (status !== "prepared")
    return wrongStatus(status, `current status '${status}', cannot prepare. FAILURE`);
  return ruleContent(stored, asked) ?? DONE;
}

/** May this gid be submitted? `go` while it is `prepared`; a repeat while it is `submitted` changes nothing. */
export function ruleSubmit(stored: Transaction, asked: Asked): Ruling {
  const { status } = stored.progress;
  const conflict = ruleContent(stored, asked);
  if (conflict !== undefined) return conflict;
  if (status === "prepared") return GO;
  if (status === "submitted") return DONE;
  return wrongStatus(status, `current status '${status}', cannot sumbmit. FAILURE`);
}

/** The refusal of an abort where the mode or the status allows none. */
export function ruleNoAbort({ definition: { transType }, progress: { status } }: Transaction): Ruling {
  return wrongStatus(status, `trans type: '${transType}' current status '${status}', cannot abort. FAILURE`);
}

/** The refusal of further branches where the mode or the status allows none. */
export function ruleNoBranches({ definition: { transType }, progress: { status } }: Transaction): Ruling {
  return wrongStatus(
    status,
    `trans type: '${transType}' current status '${status}', cannot register a branch. FAILURE`,
  );
}

/** May a caller roll it back? Only while it is `prepared`; a repeat while it is rolled back changes nothing. */
export function ruleAbort(stored: Transaction): Ruling {
  const { status } = stored.progress;
  if (status === "prepared") return GO;
  return status === "aborting" ? DONE : ruleNoAbort(stored);
}

/**
 * May these branches take part? Only while it is `prepared`: phase two calls what is registered by then (I2). A repeat
 * with the same content changes nothing.
 */
export function ruleRegister(
  { definition, branches, progress }: Transaction,
  { transType, branches: asked, statuses }: Registration,
): Ruling {
  if (definition.transType !== transType) return conflict(definition.gid, "trans_type");
  if (progress.status !== "prepared") return wrongStatus(progress.status, notPreparedText(definition.gid));
  const own = new Map(
    branches.flatMap((branch, index) => keysOf(branch).map((key) => [key, index] as const)),
  );
  const known = asked.map((branch) =>
    keysOf(branch)
      .map((key) => own.get(key))
      .find((found) => found !== undefined),
  );
  const isSame = (branch: Branch, index: number): boolean => {
    const at = known[index];
    if (at === undefined) return true;
    const status = (op: Op): OpStatus => opOf(progress, { branch: at, op }).status;
    return (
      isSameBranch(branch, branches[at]) &&
      (statuses === undefined || Object.keys(branch.urls).every((op) => status(op) === statuses[index]))
    );
  };
  const other = asked.find((branch, index) => !isSame(branch, index));
  if (other !== undefined) return branchConflict(definition.gid, other.id);
  if (known.every((found) => found !== undefined)) return DONE;
  return ruleBranchesFit(branches, asked) ?? GO;
}

/** What is unique in a transaction: a branch's id together with each of its ops. */
function keysOf({ id, urls }: Branch): readonly string[] {
  return Object.keys(urls).map((op) => JSON.stringify([id, op]));
}

function branchConflict(gid: Gid, branchId: string): Ruling {
  const message =
    `branch ${branchId} of transaction '${gid}' is registered already with another outcome, other URLs or other data; ` +
    "use the next branch_id, or repeat the request as it was";
  return { kind: "refused", code: "gid_conflict", message };
}

function ruleBranchesFit(branches: readonly Branch[], asked: readonly Branch[]): Ruling | undefined {
  if (branches.length + asked.length > BRANCHES_MAX) {
    return invalid(
      `a transaction has at most ${BRANCHES_MAX} branches, and this one has ${branches.length}; split it.`,
    );
  }
  const bytes = weightOfBranches(branches) + weightOfBranches(asked);
  if (bytes <= BRANCHES_BYTES_MAX) return undefined;
  return invalid(
    `the branches of a transaction take at most ${BRANCHES_BYTES_MAX} bytes; with this one they take ${bytes}.`,
  );
}

/** dtm's words; it says the same of a gid that it does not know. */
export function notPreparedText(gid: string): string {
  return `no trans with gid: ${gid} status: prepared found FAILURE`;
}

/** May a person end it without compensation? Only while it is not final. */
export function ruleForceStop({ progress: { status } }: Transaction): Ruling {
  if (!isFinal(status)) return GO;
  return wrongStatus(status, `global transaction force stop error. status: ${status}. error: FAILURE`);
}

/**
 * May a person ask for the next attempt now? A final transaction has none, and a prepared one only where an op was
 * tried before: otherwise the request changes nothing.
 */
export function ruleRetryNow({ progress }: Transaction): Ruling {
  if (progress.status === "prepared") return isRetried(progress) ? GO : DONE;
  return isFinal(progress.status) ? DONE : GO;
}

/** Whether the transaction waits for a further try of an op, or is parked because there is none. */
function isRetried({ parkedAt, branches }: Progress): boolean {
  const waits = (ops: BranchProgress): boolean => Object.values(ops).some(({ retryAt }) => retryAt !== null);
  return parkedAt !== null || branches.some(waits);
}

function wrongStatus(status: Status, message: string): Ruling {
  return { kind: "refused", code: "wrong_status", message, status };
}

function invalid(message: string): Ruling {
  return { kind: "refused", code: "invalid_argument", message };
}

/**
 * I7: the same gid means the same type, protocol, branches and payloads. Undefined when they are the same. A request
 * without branches names the stored ones by the gid alone, as dtm's clients may: what is absent contradicts nothing.
 */
function ruleContent({ definition, branches }: Transaction, asked: Asked): Ruling | undefined {
  const difference = differenceOf({ definition, branches }, asked);
  return difference === undefined ? undefined : conflict(definition.gid, difference);
}

function conflict(gid: Gid, difference: string): Ruling {
  const message =
    `gid '${gid}' is taken by a transaction with another ${difference}; ` +
    "use a new gid, or repeat the request as it was";
  return { kind: "refused", code: "gid_conflict", message };
}

function differenceOf(stored: Asked, asked: Asked): string | undefined {
  if (stored.definition.transType !== asked.definition.transType) return "trans_type";
  if (asked.branches.length === 0) return undefined;
  if (stored.definition.protocol !== asked.definition.protocol) return "protocol";
  if (stored.branches.length !== asked.branches.length) return "number of steps";
  const step = stored.branches.findIndex((own, index) => !isSameBranch(own, asked.branches[index]));
  return step < 0 ? undefined : `branch ${stored.branches[step]?.id}`;
}

/** Whether two branches have the same id, URLs and payload. */
function isSameBranch(own: Branch, other: Branch | undefined): boolean {
  return (
    other !== undefined &&
    own.id === other.id &&
    hasSameUrls(own.urls, other.urls) &&
    own.payload.length === other.payload.length &&
    own.payload.every((byte, index) => byte === other.payload[index])
  );
}

function hasSameUrls(own: Readonly<Record<Op, string>>, other: Readonly<Record<Op, string>>): boolean {
  const ops = Object.keys(own);
  return ops.length === Object.keys(other).length && ops.every((op) => own[op] === other[op]);
}
