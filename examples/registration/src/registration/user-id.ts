import { GIVEN_USER_ID_MAX, USER_ID_MAX } from "../limits.ts";

/** What an id must be, as the rest of a sentence that begins with "id". */
export const USER_ID_RULE = `must be a whole number from 1 to ${USER_ID_MAX}`;

/** What the id of a new user must be that its caller has chosen, likewise. */
export const GIVEN_USER_ID_RULE = `must be a whole number from 1 to ${GIVEN_USER_ID_MAX}`;

/** The id in what a caller sent: a number, or its decimal digits as the rpc services write it. Undefined when it is none. */
export function parseUserId(value: unknown): number | undefined {
  const isText = typeof value === "string" && /^[1-9]\d{0,9}$/.test(value);
  const id = isText ? Number(value) : value;
  return typeof id === "number" && Number.isInteger(id) && id >= 1 && id <= USER_ID_MAX ? id : undefined;
}

/** The id that somebody who registers has chosen. Undefined when it is none, or one of those that the database gives. */
export function parseGivenUserId(value: unknown): number | undefined {
  const id = parseUserId(value);
  return id !== undefined && id <= GIVEN_USER_ID_MAX ? id : undefined;
}
