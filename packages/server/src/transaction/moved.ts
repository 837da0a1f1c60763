import { cutText, REASON_CHARACTERS_MAX } from "./limits.ts";
import type { Lead } from "./mode.ts";
import { type EpochMs, isFinal, type Progress } from "./model.ts";

/** The progress after a move of the status, whoever asks for the move. What was parked goes on, or has ended. */
export function moved(progress: Progress, { to, reason = progress.reason }: Lead, now: EpochMs): Progress {
  return {
    ...progress,
    status: to,
    reason: cutText(reason, REASON_CHARACTERS_MAX),
    submittedAt: to === "submitted" ? now : progress.submittedAt,
    finishedAt: isFinal(to) ? now : progress.finishedAt,
    parkedAt: null,
    parkedReason: "",
  };
}
