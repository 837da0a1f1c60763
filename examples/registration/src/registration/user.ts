/** The part of a user that everybody may see. */
export interface User {
  readonly id: number;
  readonly name: string;
  /** May be empty. */
  readonly gender: string;
}

/** A user as the store reads it. */
export interface StoredUser extends User {
  /** See `stampOf`. */
  readonly stamp: string;
}

/** The part of a user that a login needs. */
export interface Credentials {
  readonly id: number;
  readonly name: string;
  /** Empty for a user without a password. */
  readonly passwordHash: string;
}
