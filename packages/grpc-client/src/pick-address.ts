import type { Addresses } from "@lockstep/discovery";
import type { CallCutoff } from "./call-cutoff.ts";

/**
 * The address for the next call; undefined when the call was cut off first.
 *
 * @throws LockstepError `unavailable`, naming the target, when there is no address
 */
export async function pickAddress(
  addresses: Pick<Addresses, "current" | "pick">,
  cutoff: CallCutoff,
): Promise<string | undefined> {
  // An `AbortSignal` costs more than all other parts of a call, and is needed only while etcd is asked.
  if (addresses.current().length > 0) return addresses.pick();
  const giveUp = new AbortController();
  cutoff.listen(() => giveUp.abort());
  try {
    return await addresses.pick({ signal: giveUp.signal });
  } catch (error) {
    if (cutoff.cause !== undefined) return undefined;
    throw error;
  } finally {
    cutoff.listen(undefined);
  }
}
