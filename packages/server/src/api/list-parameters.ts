import { LockstepError, quotedText } from "@lockstep/protocol";
import type { ListQuery } from "../engine/ports.ts";
import { type EpochMs, STATUSES } from "../transaction/model.ts";
import { PAGE_BYTES_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX } from "./limits.ts";

/** The query parameters of `all`, unchecked; an empty one counts as absent. */
export interface ListParameters {
  /** Asks for this transaction only; all other parameters are ignored then. */
  readonly gid?: string | undefined;
  /** The `next_position` of the page before. */
  readonly position?: string | undefined;
  readonly limit?: string | undefined;
  readonly status?: string | undefined;
  readonly transType?: string | undefined;
  /** `true` or `false`. */
  readonly parked?: string | undefined;
  /** As `waits_for` shows it. */
  readonly destination?: string | undefined;
  readonly gidPrefix?: string | undefined;
  /** Milliseconds since 1970; at or after. */
  readonly createTimeStart?: string | undefined;
  /** Milliseconds since 1970; at or before. */
  readonly createTimeEnd?: string | undefined;
}

/** The query for the store. @throws LockstepError `invalid_argument` */
export function parseListParameters(parameters: ListParameters): ListQuery {
  const beforeId = wholeOf(parameters.position, "position");
  const createdFrom = wholeOf(parameters.createTimeStart, "createTimeStart");
  const createdTo = wholeOf(parameters.createTimeEnd, "createTimeEnd");
  const status = statusOf(parameters.status);
  const parked = flagOf(parameters.parked, "parked");
  const { transType, destination, gidPrefix } = parameters;
  return {
    limit: limitOf(parameters.limit),
    bytesMax: PAGE_BYTES_MAX,
    ...(beforeId === undefined ? {} : { beforeId }),
    ...(createdFrom === undefined ? {} : { createdFrom: createdFrom as EpochMs }),
    ...(createdTo === undefined ? {} : { createdTo: createdTo as EpochMs }),
    ...(status === undefined ? {} : { status }),
    ...(transType === undefined || transType === "" ? {} : { transType }),
    ...(parked === undefined ? {} : { parked }),
    ...(destination === undefined || destination === "" ? {} : { destination }),
    ...(gidPrefix === undefined || gidPrefix === "" ? {} : { gidPrefix }),
  };
}

function limitOf(text: string | undefined): number {
  const limit = wholeOf(text, "limit") ?? PAGE_ROWS_DEFAULT;
  if (limit >= 1 && limit <= PAGE_ROWS_MAX) return limit;
  throw new LockstepError(
    "invalid_argument",
    `limit is ${limit}; it must be from 1 to ${PAGE_ROWS_MAX}. Longer lists come in pages, by next_position.`,
  );
}

function statusOf(text: string | undefined): ListQuery["status"] {
  if (text === undefined || text === "") return undefined;
  const status = STATUSES.find((word) => word === text);
  if (status !== undefined) return status;
  throw new LockstepError(
    "invalid_argument",
    `status ${quotedText(text)} is unknown; it must be one of ${STATUSES.join(", ")}.`,
  );
}

function flagOf(text: string | undefined, name: string): boolean | undefined {
  if (text === undefined || text === "") return undefined;
  if (text === "true" || text === "false") return text === "true";
  throw new LockstepError("invalid_argument", `${name} is ${quotedText(text)}; it must be true or false.`);
}

/** The whole number in a parameter; undefined where it is not given. @throws LockstepError `invalid_argument` */
export function wholeOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new LockstepError(
    "invalid_argument",
    `convert to int error: ${quotedText(text)}; ${name} must be a whole number.`,
  );
}
