import { GIVEN_USER_ID_MAX, USER_ID_MAX } from "../limits.ts";

/** The rule for an id, as the rest of a sentence that begins with "id". */
export const USER_ID_RULE = `must be a whole number from 1 to ${USER_ID_MAX}`;

/** The rule for the id of a new user, which the caller chooses; likewise. */
export const GIVEN_USER_ID_RULE = `must be a whole number from 1 to ${GIVEN_USER_ID_MAX}`;

/** The id that a caller sent, as a number or as decimal digits (the rpc services' form). Undefined when it is no id. */
export function parseUserId(value: unknown): number | undefined {
  const isText = typeof value === "string" && /^[1-9]\d{0,9}$/.test(value);
  const id = isText ? Number(value) : value;
  return typeof id === "number" && Number.isInteger(id) && id >= 1 && id <= USER_ID_MAX ? id : undefined;
}

/** The id that a new user has chosen. Undefined when it is no id, or an id that only the database may give. */
export function parseGivenUserId(value: unknown): number | undefined {
  const id = parseUserId(value);
  return id !== undefined && id <= GIVEN_USER_ID_MAX ? id : undefined;
}
