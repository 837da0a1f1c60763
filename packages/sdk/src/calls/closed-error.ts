import { LockstepError, shownUrl } from "@lockstep/protocol";

/** The error of a call that is in flight when the client of `target` is closed, or is made afterwards. */
export function closedError(target: string, { gid = "" }: { readonly gid?: string } = {}): LockstepError {
  return new LockstepError(
    "unavailable",
    `The client of ${shownUrl(target)} is closed. What was in flight may have arrived; to go on, make a new client.`,
    gid === "" ? {} : { gid },
  );
}
