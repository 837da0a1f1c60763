import type { TransactionRequest } from "@lockstep/protocol";
import type { ReadingTerms } from "./request-reader.ts";

/** The payload of the step with this index. @throws LockstepError `invalid_argument` where the request has none */
export function payloadOfStep(
  { steps, payloads }: Pick<TransactionRequest, "steps" | "payloads">,
  index: number,
  { refuse }: Pick<ReadingTerms, "refuse">,
): Uint8Array {
  return (
    payloads[index] ??
    refuse(
      `there are ${steps.length} steps but ${payloads.length} payloads; every step needs one, be it empty.`,
    )
  );
}
