import { stampOf } from "../registration/stamp.ts";
import { ApiError } from "./api-error.ts";
import type { Passwords } from "./password.ts";
import type { Tokens } from "./tokens.ts";
import type { UserDirectory } from "./user-directory.ts";

/** What a login needs. */
export interface LoginOptions {
  readonly users: UserDirectory;
  readonly passwords: Passwords;
  readonly tokens: Tokens;
}

/**
 * Answers a token if name and password are right.
 * @throws ApiError 401, which does not tell which of the two was wrong, and takes equally long for both; 501 when only Go
 * services answer
 */
export async function login(
  { username, password }: { readonly username: string; readonly password: string },
  { users, passwords, tokens }: LoginOptions,
): Promise<string> {
  const found = await users.findByName(username);
  const isRight = await passwords.matches(password, found?.passwordHash ?? "");
  if (found === undefined || !isRight) throw new ApiError(401, "wrong username or password");
  return tokens.make({ id: Number(found.id), stamp: stampOf(found.passwordHash) });
}
