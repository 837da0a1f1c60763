/**
 * What happens in the engine, as data. The log is one listener (`log/log-of-events.ts`), the alert webhook another
 * (`alerts/alert-webhook.ts`); metrics or traces can be others. No event holds a payload or a header.
 */
import type { Operator, TakenOp } from "../transaction/decision.ts";
import type { BranchOutcome, EpochMs, Gid, Op, Status } from "../transaction/model.ts";
import type { UnreadableRecord } from "./answers.ts";

/** What a person did to a transaction. */
export type OperatorAction =
  | { readonly action: "forceStop" | "retryNow" | "rollBack" }
  | ({ readonly action: "takeAsDone" } & TakenOp);

export type EngineEvent =
  /** A flush is durable. `ms`: from handing it to the store to its answer. */
  | { readonly kind: "flushed"; readonly writes: number; readonly ms: number }
  /** Nobody knows whether the writes of this flush are stored. Told once for all of them. */
  | { readonly kind: "flushFailed"; readonly writes: number; readonly cause: unknown }
  /** The store cannot keep what this one write holds; the others of its flush are stored. */
  | { readonly kind: "writeRefused"; readonly gid: Gid; readonly cause: unknown }
  /** The store failed while it was asked about one transaction. */
  | { readonly kind: "storeFailed"; readonly gid: Gid; readonly cause: unknown }
  /** Due transactions were leased. */
  | { readonly kind: "claimed"; readonly count: number }
  | { readonly kind: "claimFailed"; readonly cause: unknown }
  /** This coordinator goes on with a transaction that its last holder did not let go. */
  | { readonly kind: "tookOver"; readonly gid: Gid }
  /** A record cannot be read: left out of a list, or due and not driven. */
  | { readonly kind: "unreadable"; readonly during: "list" | "claim"; readonly record: UnreadableRecord }
  | { readonly kind: "renewFailed"; readonly count: number; readonly cause: unknown }
  /** The lease or the store was lost; the transaction is taken up again when its lease has run out. */
  | { readonly kind: "leaseLost"; readonly gid: Gid }
  /** A call of a branch has ended. */
  | {
      readonly kind: "called";
      readonly gid: Gid;
      readonly branchId: string;
      readonly op: Op;
      readonly outcome: BranchOutcome["kind"] | "notCalled";
      readonly ms: number;
    }
  /** An op had no clear answer. */
  | {
      readonly kind: "unclear";
      readonly gid: Gid;
      readonly branchId: string;
      readonly op: Op;
      /** Where it was called, without the query. */
      readonly url: string;
      readonly destination: string;
      /** Of the transaction. */
      readonly status: Status;
      /** How many calls in a row had no clear answer. */
      readonly attempt: number;
      /** What was seen at the last one. */
      readonly detail: string;
      /** When it is called next; null when nobody calls it any more. */
      readonly nextAt: EpochMs | null;
    }
  /** So many calls of a destination in a row, of whatever transactions, had no clear answer. */
  | {
      readonly kind: "destinationSilent";
      readonly destination: string;
      readonly calls: number;
      /** What was seen at the last one. */
      readonly detail: string;
    }
  /** A destination that was silent has given a clear answer. `calls` had none, for `ms`. */
  | {
      readonly kind: "destinationAnswers";
      readonly destination: string;
      readonly calls: number;
      readonly ms: number;
    }
  /** The retry budget is used up: a person must look at it. */
  | { readonly kind: "parked"; readonly gid: Gid; readonly reason: string }
  /** A person acted on a transaction, and what follows is durable. */
  | ({ readonly kind: "operated"; readonly gid: Gid } & Operator & OperatorAction)
  /** A transaction is final, and that is durable. */
  | { readonly kind: "finished"; readonly gid: Gid; readonly transType: string; readonly status: Status }
  /** Finished transactions that were kept long enough are gone. */
  | { readonly kind: "deleted"; readonly count: number }
  | { readonly kind: "deleteFailed"; readonly cause: unknown }
  /** A mistake of ours in work that nobody waits for. */
  | { readonly kind: "bug"; readonly cause: unknown };
