import { CALL_TIMEOUT_MS } from "../limits.ts";
import { stampOf } from "../registration/stamp.ts";
import { ApiError } from "./api-error.ts";
import type { Passwords } from "./password.ts";
import { isNotFound, type Services } from "./services.ts";
import type { Tokens } from "./tokens.ts";

/** What a login needs. */
export interface LoginOptions {
  readonly services: Pick<Services, "users">;
  readonly passwords: Passwords;
  readonly tokens: Tokens;
}

/**
 * Answers a token if name and password are right.
 * @throws ApiError 401, which does not tell which of the two was wrong, and takes equally long for both
 */
export async function login(
  { username, password }: { readonly username: string; readonly password: string },
  { services, passwords, tokens }: LoginOptions,
): Promise<string> {
  const found = await services.users
    .findByName({ name: username }, { timeoutMs: CALL_TIMEOUT_MS })
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  const isRight = await passwords.matches(password, found?.passwordHash ?? "");
  if (found === undefined || !isRight) throw new ApiError(401, "wrong username or password");
  return tokens.make({ id: Number(found.id), stamp: stampOf(found.passwordHash) });
}
