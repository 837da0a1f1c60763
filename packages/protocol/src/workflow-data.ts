import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** The field `Data` of the message `WorkflowData`, which a workflow's callback gets over gRPC (protocol 2.5). */
const DATA_FIELD = 1;

/** A `WorkflowData` message with this input. */
export function encodeWorkflowData(data: Uint8Array): Uint8Array {
  return data.length === 0
    ? new Uint8Array()
    : new BinaryWriter().tag(DATA_FIELD, WireType.LengthDelimited).bytes(data).finish();
}
