import type { Barrier } from "lockstep";

/** The points of one user. */
export interface UserScore {
  readonly userId: bigint;
  readonly score: number;
}

/** Keeps the scores. Every method rejects when the database cannot be used, which says nothing about the score. */
export interface ScoreStore {
  /**
   * Stores the welcome score in the barrier's transaction, or does nothing where the barrier says so.
   * @throws Failure when the user has a score already
   */
  insert(barrier: Barrier, score: UserScore): Promise<void>;
  /** Deletes the score in the barrier's transaction, or does nothing where the barrier says so. */
  remove(barrier: Barrier, userId: bigint): Promise<void>;
  findByUser(userId: bigint): Promise<UserScore | undefined>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
