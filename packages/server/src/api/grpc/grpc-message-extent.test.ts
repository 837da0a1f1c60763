// Goal: a gRPC message that would hold the event loop is refused before it is decoded, and no request that is well is.
import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { DtmRequestSchema, messageOfRequest } from "@lockstep/protocol";
import { expect, test } from "vitest";
import { MESSAGE_FIELDS_MAX } from "../limits.ts";
import { aRequest, bytesOf } from "../request-fixture.ts";
import { checkMessageExtent } from "./grpc-message-extent.ts";

/** A message of `count` empty fields: a tag and a length of 0 each. */
function emptyFields(number: number, count: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(count * 2).map((_, index) => (index % 2 === 0 ? (number << 3) | 2 : 0));
}

function within(number: number, inner: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(inner).finish();
}

const TOO_MANY = `The request has more than ${MESSAGE_FIELDS_MAX} fields`;

test.for([
  ["payloads", emptyFields(5, MESSAGE_FIELDS_MAX + 1)],
  ["2,000,000 payloads", emptyFields(5, 2_000_000)],
  ["fields that nobody knows", emptyFields(15, MESSAGE_FIELDS_MAX + 1)],
  ["branch headers", within(3, emptyFields(5, MESSAGE_FIELDS_MAX))],
  ["fields of a branch header", within(3, within(5, emptyFields(1, MESSAGE_FIELDS_MAX)))],
  ["fields of an entry of ReqExtra", within(8, emptyFields(9, MESSAGE_FIELDS_MAX))],
] as const)("too many %s are refused", ([, bytes]) => {
  expect(() => checkMessageExtent(bytes, DtmRequestSchema)).toThrow(TOO_MANY);
});

test("groups are refused", () => {
  const group = new BinaryWriter().tag(20, WireType.StartGroup).tag(20, WireType.EndGroup).finish();
  expect(() => checkMessageExtent(group, DtmRequestSchema)).toThrow("has a group, field 20");
});

test("the largest saga fits, and so many fields as may be", () => {
  const large = aRequest({
    payloads: Array.from({ length: 1_000 }, () => bytesOf("{}")),
    options: {
      branchHeaders: Object.fromEntries(Array.from({ length: 64 }, (_, number) => [`x-${number}`, "1"])),
    },
    reqExtra: { status: "succeed", result: "r" },
  });
  expect(() =>
    checkMessageExtent(toBinary(DtmRequestSchema, messageOfRequest(large)), DtmRequestSchema),
  ).not.toThrow();
  expect(() => checkMessageExtent(emptyFields(5, MESSAGE_FIELDS_MAX), DtmRequestSchema)).not.toThrow();
  // The content of texts and payloads is no fields.
  const payload = emptyFields(5, 2_000_000);
  const one = create(DtmRequestSchema, { BinPayloads: [payload], CustomedData: "*\0".repeat(100_000) });
  expect(() => checkMessageExtent(toBinary(DtmRequestSchema, one), DtmRequestSchema)).not.toThrow();
});
