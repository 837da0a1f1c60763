/** What the engine answers to a request. Expected refusals are values, not exceptions. */
import type { Gid, Status } from "../transaction/model.ts";

/** Why a request was not carried out; the code is one of the wire's (`CODES` in the protocol). */
export interface Refusal {
  readonly kind: "refused";
  readonly code:
    | "wrong_status"
    | "gid_conflict"
    | "unknown_gid"
    | "invalid_argument"
    | "overloaded"
    | "unavailable"
    | "internal";
  /** A sentence for the caller. */
  readonly message: string;
  /** The status of the transaction, when this status is the reason. */
  readonly status?: Status;
}

/**
 * - `accepted`: durable, and running in the background; nobody asked to wait.
 * - `succeed`: waited for, and every branch has succeeded.
 * - `failed`: waited for, and it was decided to roll back. The compensations have run, or one of them got no clear
 *   answer, or the wait ended first.
 * - `ongoing`: accepted, and not decided when the wait ended.
 */
export type SubmitAnswer =
  | { readonly kind: "accepted" }
  | { readonly kind: "succeed" }
  | { readonly kind: "failed"; readonly status: Status; readonly reason: string }
  | { readonly kind: "ongoing"; readonly status: Status }
  | Refusal;

export type ChangeAnswer = { readonly kind: "done" } | Refusal;

/** The store did not answer. Nobody knows whether it did what it was asked; asking again is safe. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";

  constructor(cause: unknown) {
    super("the store cannot be used at the moment", { cause });
  }
}

/**
 * The store stored nothing of a flush, because one write holds something that the store cannot keep. The message tells
 * the caller what that is.
 */
export class UnwritableContent extends Error {
  override readonly name = "UnwritableContent";
}

/** A transaction is stored, and nobody can read it: its record is damaged, or a newer version wrote it. */
export class UnreadableRecord extends Error {
  override readonly name = "UnreadableRecord";
  readonly gid: Gid;

  /** `cause` says where the record is wrong. */
  constructor(gid: Gid, cause: Error) {
    super(`The record of transaction "${gid}" cannot be read: ${cause.message}`, { cause });
    this.gid = gid;
  }
}
