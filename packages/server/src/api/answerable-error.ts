/**
 * What a caller may be told about whatever was thrown. The cause of an `internal` error stays on the error, for
 * the log of the door that answers; it never reaches the wire.
 */
import { LockstepError } from "@lockstep/protocol";
import { StoreUnavailable, UnreadableRecord } from "../engine/answers.ts";

/** `thrown` as an error with a code; a sentence without internals where it was not meant for callers. */
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

/** Whether `gid` can be an HTTP header and gRPC metadata: gids are the callers' texts, and may be anything. */
export function isHeaderSafe(gid: string): boolean {
  return /^[\x21-\x7e]+$/.test(gid);
}
