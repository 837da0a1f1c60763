import { LockstepError } from "@lockstep/protocol";
import { CALL_MS_MAX } from "./limits.ts";

/** The milliseconds that a caller gave as `name`, at most `CALL_MS_MAX`. @throws LockstepError `invalid_argument` */
export function callMsOf(ms: number, name: string): number {
  if (ms > 0) return Math.min(ms, CALL_MS_MAX);
  throw new LockstepError(
    "invalid_argument",
    `${name} must be a positive number of milliseconds, but is ${ms}.`,
  );
}
