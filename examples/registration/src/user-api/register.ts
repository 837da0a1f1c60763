import { TransactionFailedError, TransactionOngoingError } from "lockstep";
import { WELCOME_SCORE } from "../limits.ts";
import { ROLLED_BACK, refusalForPeople } from "../registration/refusals.ts";
import type { ServiceLog } from "../service/service-log.ts";
import { ApiError } from "./api-error.ts";
import type { Passwords } from "./password.ts";
import type { Registration } from "./requests.ts";
import { isPassing, type Services } from "./services.ts";
import type { UserDirectory } from "./user-directory.ts";

/** What a registration needs. */
export interface RegisterOptions {
  readonly services: Pick<Services, "lockstep" | "users" | "scores">;
  readonly users: UserDirectory;
  readonly passwords: Passwords;
  readonly log: ServiceLog;
  readonly waitMs: number;
}

/**
 * - `registered`: the user is stored, and has the welcome score.
 * - `running`: the registration is accepted, and the coordinator finishes it later.
 */
export type RegisterAnswer =
  | {
      readonly kind: "registered";
      readonly user: { readonly id: string; readonly name: string; readonly gender: string };
    }
  | { readonly kind: "running"; readonly gid: string };

/**
 * Registers a person by a saga, which stores the user and then the welcome score, or neither.
 *
 * @throws ApiError 409 with the reason when the business refuses: everything is as before, or will be in a moment; 503
 * when the coordinator cannot accept the saga now; 501 for a password that nobody would store.
 */
export async function register(
  { id: userId, name, gender, password }: Registration,
  { services, users: directory, passwords, log, waitMs }: RegisterOptions,
): Promise<RegisterAnswer> {
  const { lockstep, users, scores } = services;
  const id = String(userId);
  if (password !== undefined) await directory.checkPasswordsAreKept();
  // Hashed before the saga is built: the coordinator stores the content of a saga and shows it to operators.
  const passwordHash = password === undefined ? "" : await passwords.hash(password);
  const gid = await lockstep.newGid();
  const saga = lockstep
    .saga({ gid })
    .step({
      ...(password === undefined
        ? { action: users.saveUser, compensate: users.saveUserCallback }
        : { action: users.saveUserWithPassword, compensate: users.saveUserWithPasswordCallback }),
      request: { id, name, gender, passwordHash },
    })
    .step({
      action: scores.saveUserScore,
      compensate: scores.saveUserScoreCallback,
      request: { userId: BigInt(userId), score: WELCOME_SCORE },
    });
  try {
    await saga.submit({ wait: { ms: waitMs } });
    return { kind: "registered", user: { id, name, gender } };
  } catch (error) {
    if (error instanceof TransactionOngoingError) return { kind: "running", gid };
    if (error instanceof TransactionFailedError) {
      const refusal = refusalForPeople(error.refusal?.message ?? "", { id: userId });
      if (refusal === undefined) log.warn("a registration was rolled back for a reason not of ours", { gid });
      throw new ApiError(409, refusal ?? ROLLED_BACK, { data: { gid }, cause: error });
    }
    if (!isPassing(error)) throw error;
    const message = "the coordinator cannot be asked now; it may have accepted the registration all the same";
    throw new ApiError(503, message, { data: { gid }, cause: error });
  }
}
