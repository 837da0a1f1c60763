/**
 * Turns whatever was thrown into an error that a caller may see. The cause of an `internal` error stays on the error,
 * for the log of the door that answers; the cause never reaches the wire.
 */
import { LockstepError } from "@lockstep/protocol";
import { StoreUnavailable, UnreadableRecord } from "../engine/answers.ts";

/** `thrown` as an error with a code. An error that was not meant for callers gets a sentence without internals. */
export function answerableError(thrown: unknown, gid?: string): LockstepError {
  if (thrown instanceof LockstepError) return thrown;
  const about = gid === undefined ? {} : { gid };
  if (thrown instanceof StoreUnavailable) {
    return new LockstepError(
      "unavailable",
      "The coordinator cannot reach its store at the moment; asking again is safe.",
      { cause: thrown, ...about },
    );
  }
  if (thrown instanceof UnreadableRecord) {
    return new LockstepError("internal", thrown.message, { cause: thrown, gid: thrown.gid });
  }
  const named = gid === undefined ? "" : ` about gid '${gid}'`;
  return new LockstepError(
    "internal",
    `The coordinator made a mistake${named}; its log has the cause. Please report it.`,
    { cause: thrown, ...about },
  );
}

/** Whether `gid` can be an HTTP header and gRPC metadata: callers choose gids, and may use any characters. */
export function isHeaderSafe(gid: string): boolean {
  return /^[\x21-\x7e]+$/.test(gid);
}
