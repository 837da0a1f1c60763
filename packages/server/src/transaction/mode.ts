/**
 * What makes a mode a mode, and nothing else. Whatever holds for every mode (answers, attempts, back-off, parking,
 * wake-ups, people's requests, force stop) is in `decide.ts`; a mode is a folder of pure functions and one row in
 * `modes.ts`.
 */
import type { RequestEvent } from "./decision.ts";
import type { Asked, EpochMs, ModeSettings, Op, Status, Transaction } from "./model.ts";
import type { OpPlace } from "./progress.ts";
import type { Ruling } from "./rulings.ts";

/** The next status of a transaction, and why. */
export interface Lead {
  readonly to: Status;
  /** Becomes the transaction's reason; absent: the reason stays as it is. */
  readonly reason?: string;
}

/** A request that meets a transaction which is stored already. */
export type StoredRequest = RequestEvent | { readonly kind: "prepare"; readonly asked: Asked };

export interface Mode {
  /** Whether stored settings can be this mode's, for a transaction of so many branches. */
  hasSettings(settings: ModeSettings, branchCount: number): boolean;
  /**
   * How a new transaction begins. `created` has its status and times, and nothing has happened to its ops. A prepared
   * one is looked at when `nextRunAt` says, or else at its deadline.
   */
  begin(created: Transaction): Transaction;
  /** What a request may do to what is stored (I7). */
  rule(stored: Transaction, request: StoredRequest): Ruling;
  /** Whether a submit creates the transaction where there is none; else it must be prepared before. */
  readonly submitCreates: boolean;
  /** Where the status goes when the caller submits what is prepared, and `rule` answered `go`. */
  submitLeadsTo(asked: Asked): Lead;
  /** Where the status goes when the caller asks to roll back and `rule` answered `go`. */
  readonly abortLeadsTo: "aborting" | "failed";
  /** The statuses from which a person may have it rolled back; the status then becomes `aborting`. */
  readonly rollsBackFrom: readonly Status[];
  /**
   * The index of the branch that is the caller's own: its check-back or its call-back. People see it beside the
   * transaction, and not among the participants. Null: every branch is a participant.
   */
  readonly callerBranch: number | null;
  /** The ops whose turn it is in the present status, whether or not a call is out already. Order is decided here. */
  openOps(transaction: Transaction): readonly OpPlace[];
  /**
   * The instant before which an open op is not called, whatever a person, a wake-up or its retries ask for; null where
   * only retries delay it. It must not depend on anything that those change.
   */
  notBefore(transaction: Transaction, place: OpPlace): EpochMs | null;
  /** The next status, if the progress or the time `now` asks for one. Never called for a final transaction. */
  lead(transaction: Transaction, now: EpochMs): Lead | undefined;
  /** When `lead` must be asked again although nothing else happens; null: never. */
  deadlineAt(transaction: Transaction): EpochMs | null;
  /** What a branch's success makes of an op: it has succeeded, or it is asked again. */
  onSuccess(op: Op): "succeeds" | "askedAgain";
  /** What a branch's own FAILURE makes of an op: it has failed, or it is asked again (protocol 4.6). */
  onFailure(op: Op): "fails" | "askedAgain";
  /** Whether calls of this op that end without a definite answer count against `retryLimit`. */
  countsRetries(op: Op): boolean;
  /**
   * The transaction as the coordinator that takes it over sees it. No call is out any more. `abandoned`: the last
   * holder did not let go, so nobody knows what that holder did since its last write.
   */
  takenOver(transaction: Transaction, abandoned: boolean): Transaction;
}
