import { CALL_TIMEOUT_MS, HEALTH_CALL_TIMEOUT_MS, INSTANCES_ASKED_MAX } from "../limits.ts";
import { ApiError } from "./api-error.ts";
import { isNotFound, isUnimplemented, type Services } from "./services.ts";

/** The user of a login. */
export interface FoundCredentials {
  readonly id: string;
  readonly passwordHash: string;
}

/** A user as user-rpc tells it. */
export interface FoundUser {
  readonly name: string;
  readonly gender: string;
  /** Undefined when nobody who answers knows stamps. */
  readonly stamp: string | undefined;
}

/**
 * The users, whoever serves them: our user-rpc, Go services that have only a part of its methods, or both under one
 * target. Instances answer in turn, so asking again asks the next one.
 */
export class UserDirectory {
  readonly #users: Services["users"];

  constructor({ users }: Pick<Services, "users">) {
    this.#users = users;
  }

  /** @throws ApiError 501 when only Go services answer, which know no passwords */
  async findByName(name: string): Promise<FoundCredentials | undefined> {
    const ask = () => this.#users.findByName({ name }, { timeoutMs: CALL_TIMEOUT_MS }).catch(absentOrForeign);
    const found = await inTurn(ask, (answer) => answer !== "foreign");
    if (found === "foreign") throw new ApiError(501, `nobody can log in: ${NO_PASSWORDS}`);
    return found;
  }

  async findById(id: number): Promise<FoundUser | undefined> {
    const ask = () => this.#users.getUser({ id: String(id) }, { timeoutMs: CALL_TIMEOUT_MS }).catch(absent);
    const found = await inTurn(ask, (answer) => answer === undefined || answer.stamp !== undefined);
    return found === undefined ? undefined : { ...found, stamp: found.stamp };
  }

  /**
   * Resolves when somebody keeps passwords, or when nobody can be asked now.
   * @throws ApiError 501 when only Go services answer: they would drop the password
   */
  async checkPasswordsAreKept(): Promise<void> {
    // No user has the empty name, so nobody is looked up.
    const ask = () =>
      this.#users.findByName({ name: "" }, { timeoutMs: HEALTH_CALL_TIMEOUT_MS }).then(
        () => "kept",
        (error: unknown) => (isUnimplemented(error) ? "dropped" : "kept"),
      );
    if ((await inTurn(ask, (answer) => answer === "kept")) === "kept") return;
    throw new ApiError(501, `a password cannot be stored: ${NO_PASSWORDS}; register without a password`);
  }
}

const NO_PASSWORDS = "the user-rpc that runs is a Go service, which knows no passwords";

function absent(error: unknown): undefined {
  if (isNotFound(error)) return undefined;
  throw error;
}

function absentOrForeign(error: unknown): "foreign" | undefined {
  return isUnimplemented(error) ? "foreign" : absent(error);
}

/** Asks until an answer is good enough, `INSTANCES_ASKED_MAX` times at most; the last answer. */
async function inTurn<T>(ask: () => Promise<T>, isEnough: (answer: T) => boolean): Promise<T> {
  let answer = await ask();
  for (let asked = 1; asked < INSTANCES_ASKED_MAX && !isEnough(answer); asked++) answer = await ask();
  return answer;
}
