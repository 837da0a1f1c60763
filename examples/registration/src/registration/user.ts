/** A user as everybody may see it. */
export interface User {
  readonly id: number;
  readonly name: string;
  /** May be empty. */
  readonly gender: string;
}

/** A user as the store knows one. */
export interface StoredUser extends User {
  /** See `stampOf`. */
  readonly stamp: string;
}

/** What logging in needs. */
export interface Credentials {
  readonly id: number;
  readonly name: string;
  /** Empty for a user without a password. */
  readonly passwordHash: string;
}
