import { PASSWORD_CHARACTERS_MAX } from "../limits.ts";
import { GIVEN_USER_ID_RULE, parseGivenUserId } from "../registration/user-id.ts";
import { GENDER_RULE, NAME_RULE, parseGender, parseName } from "../registration/user-text.ts";
import { ApiError } from "./api-error.ts";

/** A person who wants to be registered. */
export interface Registration {
  readonly id: number;
  readonly name: string;
  readonly gender: string;
  /** If undefined, nobody can log in as this user. */
  readonly password: string | undefined;
}

/** The body of `POST /register`. @throws ApiError 400 with every problem */
export function parseRegistration(body: unknown): Registration {
  const { id: givenId, name: givenName, gender: givenGender, password: givenPassword } = membersOf(body);
  const problems: string[] = [];
  const check = <T>(value: T | undefined, problem: string): T | undefined => {
    if (value === undefined) problems.push(problem);
    return value;
  };
  const idProblem = isGiven(givenId)
    ? `id ${GIVEN_USER_ID_RULE}`
    : `id is required for now and ${GIVEN_USER_ID_RULE}; a later version will find one by itself`;
  const id = check(parseGivenUserId(givenId), idProblem);
  const name = check(parseName(givenName), `name ${NAME_RULE}`);
  const gender = check(parseGender(givenGender ?? ""), `gender ${GENDER_RULE}, or be left out`);
  if (isGiven(givenPassword) && !isPassword(givenPassword)) {
    problems.push(`password ${PASSWORD_RULE}, or be left out for a user who cannot log in`);
  }
  if (id === undefined || name === undefined || gender === undefined || problems.length > 0) {
    throw new ApiError(400, problems.join("; "));
  }
  return { id, name, gender, password: isPassword(givenPassword) ? givenPassword : undefined };
}

/** The body of `POST /login`: any two texts; a username that no user can have is just wrong. @throws ApiError 400 */
export function parseLogin(body: unknown): { readonly username: string; readonly password: string } {
  const { username, password } = membersOf(body);
  if (typeof username !== "string" || !username.isWellFormed() || !isPassword(password)) {
    throw new ApiError(400, `username must be a text without half characters, and password ${PASSWORD_RULE}`);
  }
  return { username, password };
}

const PASSWORD_RULE = `must be a text of 1 to ${PASSWORD_CHARACTERS_MAX} characters, none of them half`;

/** Half a surrogate pair has no UTF-8 form: every such half would be hashed as the same U+FFFD. */
function isPassword(value: unknown): value is string {
  if (typeof value !== "string" || !value.isWellFormed()) return false;
  return value.length >= 1 && value.length <= PASSWORD_CHARACTERS_MAX;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function membersOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  throw new ApiError(400, "the body must be a JSON object");
}
