/** What the doors need of the engine. `Engine` in `../engine/engine.ts` is one; a test may be another. */
import type { ChangeAnswer, SubmitAnswer } from "../engine/answers.ts";
import type { ListQuery, StoredTransaction } from "../engine/ports.ts";
import type { Definition, Gid } from "../transaction/model.ts";

/**
 * Every method rejects only on a bug, with `StoreUnavailable` when the store cannot be used, and, where it reads one
 * transaction, with `UnreadableRecord`. Expected refusals are values.
 */
export interface EngineApi {
  newGid(): Gid;
  /**
   * Stores and runs. `waitMs`: for how long to wait for the decision; null does not wait. The engine has its
   * own maximum. When `signal` aborts nobody waits any more, and the transaction goes on.
   */
  submit(
    definition: Definition,
    options: { readonly waitMs: number | null; readonly signal?: AbortSignal },
  ): Promise<SubmitAnswer>;
  prepare(definition: Definition): Promise<ChangeAnswer>;
  abort(gid: Gid): Promise<ChangeAnswer>;
  forceStop(gid: Gid, options: { readonly actor: string; readonly reason: string }): Promise<ChangeAnswer>;
  /** The next attempt now; a parked transaction goes on with a new budget. */
  retryNow(gid: Gid): Promise<ChangeAnswer>;
  load(gid: Gid): Promise<StoredTransaction | undefined>;
  /** Newest first. */
  list(query: ListQuery): Promise<readonly StoredTransaction[]>;
  /** Rejects when the store cannot be used, or the engine is stopping. */
  ready(): Promise<void>;
}
