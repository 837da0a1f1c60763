import type { Barrier } from "lockstep";

/** The points of one user. */
export interface UserScore {
  readonly userId: bigint;
  readonly score: number;
}

/** Keeps the scores. Every method rejects when the database cannot be used, which says nothing about the score. */
export interface ScoreStore {
  /**
   * Gives the welcome score in the barrier's transaction, or does nothing where the barrier says so.
   * @throws Failure when the user has had it already
   */
  insert(barrier: Barrier, score: UserScore): Promise<void>;
  /** Takes it back in the barrier's transaction, or does nothing where the barrier says so. */
  remove(barrier: Barrier, userId: bigint): Promise<void>;
  findByUser(userId: bigint): Promise<UserScore | undefined>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
