import { LockstepError } from "@lockstep/protocol";
import { CALL_MS_MAX } from "../limits.ts";

/**
 * The time limit of a call: the milliseconds that the caller gave under `name`, or `CALL_MS_MAX` where they are more.
 * @throws LockstepError `invalid_argument` for what is no positive number
 */
export function callMsOf(ms: number, name: string): number {
  if (ms > 0) return Math.min(ms, CALL_MS_MAX);
  throw new LockstepError(
    "invalid_argument",
    `${name} must be a positive number of milliseconds, but is ${ms}.`,
  );
}
