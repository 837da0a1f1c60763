/** What the doors need of the engine. `Engine` in `../engine/engine.ts` implements it; a test may do so, too. */
import type { ChangeAnswer, SubmitAnswer } from "../engine/answers.ts";
import type { Listed, ListQuery, StoredTransaction } from "../engine/ports.ts";
import type { Operator, Registration, TakenOp } from "../transaction/decision.ts";
import type { Asked, EpochMs, Gid } from "../transaction/model.ts";

/**
 * A method rejects only on a bug, with `StoreUnavailable` when the store cannot be used, or, if it reads one
 * transaction, with `UnreadableRecord`. Expected refusals are values.
 */
export interface EngineApi {
  newGid(): Gid;
  /** The store's instant, with which a request is dated. */
  now(): EpochMs;
  /** How long a transaction may stay prepared that sets no limit of its own. */
  readonly timeoutToFailMs: number;
  /**
   * Stores and runs. `waitMs`: how long to wait for the decision, up to the engine's own maximum; null does not wait.
   * When `signal` aborts, the wait ends and the transaction goes on.
   */
  submit(
    asked: Asked,
    options: { readonly waitMs: number | null; readonly signal?: AbortSignal },
  ): Promise<SubmitAnswer>;
  prepare(asked: Asked): Promise<ChangeAnswer>;
  /** Further branches take part, where the mode and the status let them. */
  register(gid: Gid, registration: Registration): Promise<ChangeAnswer>;
  /** `reason` is stored where the mode lets a caller roll back. */
  abort(gid: Gid, options: { readonly reason: string }): Promise<ChangeAnswer>;
  forceStop(gid: Gid, by: Operator): Promise<ChangeAnswer>;
  /** Makes the next attempt now; a parked transaction goes on with a new budget. */
  retryNow(gid: Gid, by: Operator): Promise<ChangeAnswer>;
  /** Rolls back what the mode lets a person roll back. */
  rollBack(gid: Gid, by: Operator): Promise<ChangeAnswer>;
  /** Takes what the person says as what the op came to. */
  takeAsDone(gid: Gid, taken: TakenOp, by: Operator): Promise<ChangeAnswer>;
  load(gid: Gid): Promise<StoredTransaction | undefined>;
  /** Newest first. */
  list(query: ListQuery): Promise<Pick<Listed, "found" | "nextBeforeId">>;
  /** Rejects when the store cannot be used, or the engine is stopping. */
  ready(): Promise<void>;
}
