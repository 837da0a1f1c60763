import type { Barrier } from "lockstep";
import type { Credentials, StoredUser, User } from "../registration/user.ts";

/** A user for `saveUser` to store. */
export interface NewUser extends User {
  /** Empty for a user without a password. */
  readonly passwordHash: string;
}

/** Keeps the users. Every method rejects when the database cannot be used, which says nothing about the user. */
export interface UserStore {
  /**
   * Stores the user in the barrier's transaction, or does nothing where the barrier says so.
   * @throws Failure when the id or the name is taken
   */
  insert(barrier: Barrier, user: NewUser): Promise<void>;
  /**
   * Deletes the user in the barrier's transaction, or does nothing where the barrier says so. Without an id it only
   * passes the barrier.
   * @throws UnknownUserError without an id, when the barrier says that there is something to undo
   */
  remove(barrier: Barrier, id: number | undefined): Promise<void>;
  findById(id: number): Promise<StoredUser | undefined>;
  findByName(name: string): Promise<Credentials | undefined>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
