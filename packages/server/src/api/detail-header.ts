import { errorDetailOf, type LockstepError } from "@lockstep/protocol";

/**
 * The value of `HEADER_DETAIL` for an error, at most `bytesMax` bytes; undefined where the error has no more to tell. The
 * text of `failed` is the reason itself.
 */
export function detailHeaderOf(
  { code, reason, refusal, lastAttempt }: LockstepError,
  bytesMax?: number,
): string | undefined {
  const detail = {
    ...(reason === undefined || code === "failed" ? {} : { reason }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(lastAttempt === undefined ? {} : { lastAttempt }),
  };
  return errorDetailOf(detail, bytesMax);
}
