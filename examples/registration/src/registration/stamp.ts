import { hash } from "node:crypto";

/** 132 bits: nobody finds a second password hash with the same stamp. */
const STAMP_CHARACTERS = 22;

/**
 * Tells the user for whom a token was made from a later user with the same id, for example after a registration was
 * rolled back: another person's password hash has another salt. The stamp reveals nothing of the password. It is empty
 * for a user without a password.
 */
export function stampOf(passwordHash: string): string {
  return passwordHash === "" ? "" : hash("sha256", passwordHash, "base64url").slice(0, STAMP_CHARACTERS);
}
