import { hash } from "node:crypto";

/** 132 bits: nobody finds a second password hash with the same. */
const STAMP_CHARACTERS = 22;

/**
 * What tells the user that a token was made for from whoever has the id later, as after a registration that was rolled
 * back: another person's password hash has another salt. It says nothing of the password. Empty without one.
 */
export function stampOf(passwordHash: string): string {
  return passwordHash === "" ? "" : hash("sha256", passwordHash, "base64url").slice(0, STAMP_CHARACTERS);
}
