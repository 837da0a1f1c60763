/**
 * How many fields a gRPC message has, before it is decoded. Decoding holds the event loop in one piece, and takes time
 * for each field and not for each byte: 4 MB hold 2,000,000 empty payloads.
 */
import type { DescMessage } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { LockstepError } from "@lockstep/protocol";
import { MESSAGE_FIELDS_MAX } from "../limits.ts";

/**
 * Refuses a message with more fields than a request can have, those of its inner messages included.
 * @throws LockstepError `invalid_argument`; any other error where the bytes are no message
 */
export function checkMessageExtent(bytes: Uint8Array, schema: DescMessage): void {
  countFields(bytes, schema, 0);
}

/** The fields counted up to `before`, and those in `bytes`. An entry of a map is a message without a schema here. */
function countFields(bytes: Uint8Array, schema: DescMessage | undefined, before: number): number {
  const reader = new BinaryReader(bytes);
  let count = before;
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    count += 1;
    if (count > MESSAGE_FIELDS_MAX) {
      throw new LockstepError(
        "invalid_argument",
        `The request has more than ${MESSAGE_FIELDS_MAX} fields; send data as a payload, which is one field.`,
      );
    }
    const field = schema?.fields.find((known) => known.number === number);
    if (type === WireType.LengthDelimited && field?.fieldKind === "message") {
      count = countFields(reader.bytes(), field.message, count);
    } else if (type === WireType.LengthDelimited && field?.fieldKind === "map") {
      count = countFields(reader.bytes(), undefined, count);
    } else if (type === WireType.StartGroup) {
      throw new LockstepError("invalid_argument", `The request has a group, field ${number}; leave it out.`);
    } else {
      reader.skip(type);
    }
  }
  return count;
}
