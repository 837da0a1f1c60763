import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { LockstepError } from "@lockstep/protocol";

/**
 * The bytes of a request; `whose` names it in the error.
 * @throws LockstepError `invalid_argument` for a request that its message cannot hold
 */
export function encodedRequest<I extends DescMessage>(
  input: I,
  request: MessageInitShape<I>,
  whose: string,
): Uint8Array {
  try {
    return toBinary(input, create(input, request));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LockstepError("invalid_argument", `${whose} is no ${input.typeName}: ${why}.`, { cause });
  }
}
